"""Use cases of intake: every way in which a report becomes a ticket."""
