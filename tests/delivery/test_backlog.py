"""Slack is away while much is to be said: then it is said at the pace Slack allows, and what is urgent goes first."""

from typing import Any

from tests.support.bot import BotWorkspace
from tests.support.control import eventually

CHANNELS, EACH = 4, 40
STALL = 1.5  # seconds
SPEED = 4  # of the workspace's clock


def test_a_backlog_drains_at_slacks_pace_without_one_refusal(slack: BotWorkspace) -> None:
    channels = [slack.control.post("channels", name=f"backlog-{n}")["channel"]["id"] for n in range(CHANNELS - 1)]
    for channel in channels:
        slack.control.post("join", user="admin", channel=channel)
    channels.append(slack.channel_id("hypercare-oncall"))
    slack.fails("*", times=-1, status=503)
    with slack.application.context.transaction() as tx:
        for n in range(EACH):
            for channel in channels:
                lane = tx.outbox.lane(f"backlog:{channel}:{n}", channel)
                tx.outbox.post(lane, {"text": f"backlog {n}"}, at=slack.application.context.now())
    for _ in range(60):
        slack.control.post("clock", advance=60)
    assert len(slack.calls("chat.postMessage")) < CHANNELS * EACH / 2  # not every message tests whether Slack is back
    slack.control.post("clock", speed=SPEED)
    slack.control.delete("faults")
    before = rate_limited(slack)
    eventually(lambda: _posted(slack, channels[0]) > EACH // 3, "a third of it", patience=30)
    slack.person("maria").reports("The till is on fire", severity="critical")
    eventually(lambda: any("till is on fire" in m.words for m in slack.messages(channels[-1])), "the page", patience=30)
    at_page = min(_posted(slack, channel) for channel in channels)
    assert at_page < EACH  # it overtook what had been waiting for longer
    eventually(lambda: all(_posted(slack, c) >= EACH for c in channels), "all of it", patience=60)
    slack.quiet()
    assert rate_limited(slack) == before == 0, slack.control.get("totals")
    for channel in channels[:-1]:
        said = [m for m in slack.messages(channel) if m.words.startswith("backlog")]
        assert len(said) == EACH
        assert utilisation([float(m.ts) for m in said]) >= 0.5  # on a busy machine; bench/backlog.py measures it


def utilisation(times: list[float]) -> float:
    """Of what Slack allows between the first and the last: one a second, after the burst."""
    times.sort()
    return (len(times) - 8) / (times[-1] - times[0])


def _posted(slack: BotWorkspace, channel: str) -> int:
    return sum(m.words.startswith("backlog") for m in slack.messages(channel))


def rate_limited(slack: BotWorkspace) -> int:
    calls: dict[str, Any] = slack.control.get("totals")["calls"]
    return sum(outcomes.get("ratelimited", 0) for outcomes in calls.values())


def test_calls_that_a_stalled_line_delivers_together_are_not_too_many(slack: BotWorkspace) -> None:
    """The burst, and what would leave in the seconds after it, all arrive when the line comes back."""
    channel = slack.channel_id("hypercare-oncall")
    slack.control.post("clock", speed=SPEED)
    slack.fails("chat.postMessage", channel="hypercare-oncall", times=8, delay=STALL)
    for n in range(1, int(STALL * SPEED)):
        slack.fails("chat.postMessage", channel="hypercare-oncall", times=1, delay=STALL - n / SPEED)
    with slack.application.context.transaction() as tx:
        for n in range(24):
            tx.outbox.post(
                tx.outbox.lane(f"held up {n}", channel), {"text": f"backlog {n}"}, at=slack.application.context.now()
            )
    eventually(lambda: _posted(slack, channel) == 24, "all of it", patience=30)
    assert rate_limited(slack) == 0, slack.control.get("totals")
