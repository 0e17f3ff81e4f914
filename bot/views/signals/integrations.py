"""The page of signals: integrations, what came in, what was not understood, and secrets, which are shown once."""

from typing import Any

from bot.views.signals.alerts import alert_line
from bot.views.text import Block, actions, answer, button, context, escape, section, when
from domain.signals.alert import SignalKind
from domain.signals.kinds import KINDS
from domain.signals.rules import SignalDecision
from domain.signals.settings import SignalAction
from domain.signals.summary import AlertLine, IntegrationLine, SignalsOverview
from domain.text import plural

TEST, ROTATE, REVOKE = "signal_test", "signal_rotate", "signal_revoke"
ROTATED = ("Rotate the secret?", "The integration gets a new one. The old one works for another day.", "Rotate")
REVOKED = ("Revoke this integration?", "What is sent to it is refused from then on.", "Revoke")
DONE = {
    SignalAction.OPEN: "{ticket}",
    SignalAction.NOTE: "noted",
    SignalAction.IGNORE: "ignored",
}


def overview(found: SignalsOverview) -> dict[str, Any]:
    """Return the page of a phase's signals, with buttons for each open integration."""
    text = plural(len(found.integrations), "{phase} has 1 integration for alerts of other systems.",
                  "{phase} has {count} integrations for alerts of other systems.",
                  none="{phase} has no integration for alerts of other systems yet.",
                  phase=escape(found.phase))  # fmt: skip
    blocks = [section(f"*{text}*")]
    for one in found.integrations:
        blocks += _integration(found.key, one)
    blocks += _lines("Newest alerts", [_alert(one) for one in found.alerts])
    blocks += _lines("Most alerts in the last week", [
        plural(count, "{endpoint}: 1 alert", "{endpoint}: {count} alerts", endpoint=escape(name))
        for name, count in found.endpoints.items()])  # fmt: skip
    blocks += _lines("Not understood in the last day", [
        f"{when(one.at)} · {KINDS[one.kind].label}: {escape(one.reason)} `{escape(one.outline[:200])}`"
        for one in found.misses])  # fmt: skip
    if found.others:
        names = ", ".join(f"`{name}`" for name in found.others)
        blocks.append(
            context(
                "An integration is the address where one kind of system sends its alerts. "
                f"Add one with `/hypercare signals {found.key} add KIND`. Kinds: {names}."
            )
        )
    return answer(text, blocks)


def _integration(key: str, one: IntegrationLine) -> list[Block]:
    label = KINDS[one.kind].label
    if one.is_revoked:
        return [section(f"{label}: revoked. Nothing comes in here.")]
    received = plural(one.received, "1 request", "{count} requests")
    missed = plural(one.not_understood, "1 not understood", "{count} not understood")
    last = f"last {when(one.last_at)}" if one.last_at else "nothing received yet"
    lines = [f"*{label}* `{escape(one.address)}`", f"{received} · {missed} · {last}"]
    if one.rotated_until:
        lines.append(f"The previous secret works until {when(one.rotated_until)}.")
    value = f"{key} {one.kind}"
    buttons = (("Test", TEST, None), ("Rotate secret", ROTATE, ROTATED), ("Revoke", REVOKE, REVOKED))
    made = (button(words, f"{action}:{one.kind}", value, name=f"{words}: {label}", confirm=asked)
            for words, action, asked in buttons)  # fmt: skip
    return [section("\n".join(lines)), actions(*made)]


def _alert(alert: AlertLine) -> str:
    done = DONE[alert.action].format(ticket=alert.ticket)
    if alert.action is SignalAction.OPEN and not alert.ticket:
        done = "waits to see whether it lasts"
    return f"{alert_line(alert)} · {KINDS[alert.source].label} · {when(alert.last_at)} · {done}"


def _lines(title: str, lines: list[str]) -> list[Block]:
    return [section(f"*{title}*"), context("\n".join(lines))] if lines else []


def secret(kind: SignalKind, address: str, shown: str, *, is_rotated: bool = False) -> str:
    """Return a new secret with how to use it; it is never shown again."""
    more = ["The previous secret works for another day."] if is_rotated else []
    if address.startswith("/"):
        more.append("Put the address of Hypercare's server before the path. An operator knows it.")
    if kind.picks_secret:
        said = f"Set up {kind.label} to send alerts to `{address}`. Its secret is saved. See docs/signals.md for how."
    else:
        said = (
            f"{kind.label} sends to `{address}` with the header `Authorization: Bearer {shown}`. "
            "Copy the secret now, because it's never shown again. docs/signals.md says what to set in other systems."
        )
    return " ".join([said, *more])


def revoked(kind: SignalKind) -> str:
    return f"The integration for {kind.label} is revoked. Its requests are refused from now on."


def tested(kind: SignalKind, decision: SignalDecision) -> str:
    """Say what a plain alert of that kind would lead to."""
    if kind.sends_logs:
        return f"The log of an {kind.label} is added up and opens no tickets by itself. `/hypercare api` shows it."
    by = f"because of the rule `{decision.rule}`" if decision.rule else "because no rule applies to it"
    match decision.action:
        case SignalAction.OPEN:
            return f"A plain alert of {kind.label} opens a ticket of severity {decision.severity}, {by}."
        case SignalAction.NOTE:
            return f"A plain alert of {kind.label} is only listed here, {by}."
        case SignalAction.IGNORE:
            return f"A plain alert of {kind.label} is ignored, {by}."
