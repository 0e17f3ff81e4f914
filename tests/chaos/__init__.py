"""Chaos: real processes of the bot, faults at random, and a count of what was lost or said twice."""

CHAOS = "chaos"  # the kind of the timers that only the test has
CLOCK = "CHAOS_CLOCK"  # the variable with the address of the sandbox's clock
REFUSED = 3  # how a replica ends that cannot start now and says why
