"""A rehearsal in Slack: the marked messages, and the verdict with its findings and who mends each."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.views import form
from bot.views.people.names import name_of
from bot.views.phases.channels import no_access
from bot.views.text import actions, address, button, context, mention, message, quote, section, when
from domain.address import is_person
from domain.phases.access import ChannelAccess
from domain.phases.phase import Phase
from domain.rehearsal.connections import ConnectionPart
from domain.rehearsal.findings import ANSWER_TIME, Call, Finding, FindingKind
from domain.text import plural

Message = dict[str, Any]
HERE, START = "rehearsal_here", "rehearsal_start"
SHOWN = 30  # findings
MAX_NAMES = 40  # of people, channels or connections in one line
TRY_PATH = "/api/v1/figures"  # where Hypercare answers everyone, without a token with 401
MINUTES = ANSWER_TIME.seconds // 60
SENTENCES = {
    FindingKind.REFUSED: "A message to {who} didn't arrive (`{detail}`). Let Hypercare write there.",
    FindingKind.NO_ANSWER: "{who} didn't answer within {minutes} minutes. Ask them why, and check their notifications.",
    FindingKind.PERSON_GONE: "{who} has left, and `{detail}` names them. Name another person.",
    FindingKind.EMPTY_GROUP: "{who} has no members, and `{detail}` names it. Add people, or name another group.",
    FindingKind.NO_LEAD: "The phase has no lead. Name one.",
    FindingKind.UNCOVERED: "No one is on call in *{who}* in the first week, first on {detail}. Add people to the rota.",
    FindingKind.NO_PAGE: "No escalation policy is for critical tickets, so they page no one. Add one.",
    FindingKind.NO_ADDRESS: "`{who}` has no address. Set `{detail}`.",
    FindingKind.NO_TRACKER: "The tracker `{who}` is not connected. Set its address and token.",
    FindingKind.NO_SECRET: "The anonymous survey *{who}* can't start without a secret. Set `HYPERCARE_SECRET`.",
    FindingKind.NOT_PLANNED: "The {detail} *{who}* has no time, so it isn't sent. Save its settings again.",
    FindingKind.QUIET_INTEGRATION: "No alert of `{who}` has arrived yet. Send a test from there.",
    FindingKind.NO_WAY_IN: "A report by {who} became no ticket: {detail}. Look at the log.",
    FindingKind.IDLE_RULE: "The rule `{who}` does nothing for: {detail}. Check whom it names, and try it.",
    FindingKind.NO_DIGEST: "The digest *{who}* reaches no one: {detail}. Say who gets it.",
    FindingKind.NO_SURVEY: "The survey *{who}* doesn't work: {detail}. Say who is asked.",
    FindingKind.NO_CONNECTION: "The connection `{who}` doesn't work. {detail}",
    FindingKind.NO_SCOPE: "Without Slack's permission `{who}` {detail}. Reinstall the app with it.",
}  # fmt: skip


def start_form(
    phase: Phase, channels: Sequence[str], people: Sequence[str], tried: Sequence[str]
) -> Message:  # fmt: skip
    """Ask before a rehearsal is begun, and name whom it reaches."""
    text = (f"A rehearsal of {quote(phase.name)} sends marked messages now. People have {MINUTES} minutes to press "
            "*I'm here*, as they would answer a page. No ticket is made.")  # fmt: skip
    active = "The phase is active, so tell these people before." if phase.is_active else ""
    lines = [text, _named("Pages", map(mention, people), "No one is on call, and the phase has no lead."),
             _named("Writes in", map(address, channels), ""), _named("Tries", (quote(one, 50) for one in tried), ""),
             active]  # fmt: skip
    return form.modal(START, "Rehearse", (), submit="Start rehearsal", metadata={"phase": phase.key},
                      before=[*map(section, filter(None, lines))])  # fmt: skip


def _named(what: str, names: Iterable[str], none: str) -> str:
    every = list(names)
    rest = f" and {len(every) - MAX_NAMES} more" if len(every) > MAX_NAMES else ""
    return f"*{what}* ({len(every)}): {', '.join(every[:MAX_NAMES])}{rest}" if every else none


def started(phase: Phase, channels: int, people: int, ends: datetime) -> Message:
    """Tell the person who began a rehearsal, in the place of its form."""
    places = plural(channels, "1 channel", "{count} channels")
    persons = plural(people, "1 person", "{count} people")
    text = (f"The rehearsal of {quote(phase.name)} has begun. {places} and {persons} get a marked message. You get the "
            f"verdict when all have answered, at the latest {when(ends)}.")  # fmt: skip
    return {**form.notice("Rehearsal", ""), "blocks": [section(text)]}


def already(name: str, ends: datetime) -> str:
    return f"A rehearsal of {name} is going on until {when(ends)}. Wait for its verdict."


def in_channel(phase: Phase) -> Message:
    text = (f"*Rehearsal.* Hypercare checks that it can write here for {quote(phase.name)}. You don't need to do "
            "anything.")  # fmt: skip
    return message(text, [section(text)])


def to_person(phase: Phase, rehearsal_id: int, ends: datetime) -> Message:
    """Ask a person on call to answer, as they would answer a page."""
    text = (f"*Rehearsal.* This is how a page of {quote(phase.name)} reaches you. Press *I'm here* by {when(ends)}. "
            "Nothing has happened.")  # fmt: skip
    here = button("I'm here", HERE, str(rehearsal_id), style="primary", name="Answer the rehearsal")
    return message(text, [section(text), actions(here)])


def thanks(phase: Phase) -> Message:
    text = f"*Rehearsal.* Thanks, a page of {quote(phase.name)} reaches you. You don't need to do anything else."
    return message(text, [section(text)])


def over(phase: Phase) -> Message:
    text = f"*Rehearsal.* The rehearsal of {quote(phase.name)} is over. We'd have paged the next person by now."
    return message(text, [section(text)])


def verdict(
    phase: Phase, findings: Sequence[Finding], calls: Sequence[Call], missing: Sequence[ConnectionPart],
    out_of_reach: Mapping[str, Sequence[str]],
) -> Message:  # fmt: skip
    """Return the verdict: how many findings, each with who mends it, what was played, and what was not.

    `out_of_reach` has what could not be tried at a public address from the server itself, by address.
    """
    text = plural(len(findings), "*Rehearsal.* {phase} has 1 thing to fix before the go-live.",
                  "*Rehearsal.* {phase} has {count} things to fix before the go-live.",
                  phase=quote(phase.name))  # fmt: skip
    if not findings:
        text = f"*Rehearsal.* {quote(phase.name)} is ready: we found nothing that wouldn't work."
    people, tried = [one for one in calls if one.needs_answer], [one for one in calls if one.is_connection]
    written = plural(len(calls) - len(people) - len(tried), "1 channel was written to.",
                     "{count} channels were written to.")  # fmt: skip
    connected = plural(len(tried), "1 connection was tried.", "{count} connections were tried.")
    played = (f"{written} {sum(one.answered for one in people)} of {len(people)} people answered. {connected} "
              "Each way in, rule, digest and survey was played and undone. Nothing of the rehearsal is "
              "kept.")  # fmt: skip
    untried = f"Not set up, so not tried: {', '.join(missing)}."
    rows = [section(f"• {_sentence(one)} _Who fixes it: {_mender(one)}._") for one in findings[:SHOWN]]
    rest = [context(f"… and {len(findings) - SHOWN} more.")] if len(findings) > SHOWN else []
    outside = [context(_try_outside(url, names)) for url, names in out_of_reach.items()]
    unset = [context(untried)] if missing else []
    return message(text, [section(text), *rows, *rest, *outside, context(played), *unset])


def _try_outside(url: str, names: Sequence[str]) -> str:
    shown = ", ".join(f"`{one}`" for one in names)
    return (f"Couldn't be tried from here: {url}. The server can't reach its own address, so these were tried at its "
            f"port, where they work: {shown}. Try the address from outside: `curl -i {url}{TRY_PATH}` should answer "
            "401.")  # fmt: skip


def _mender(finding: Finding) -> str:
    return name_of(finding.subject) if finding.kind is FindingKind.NO_ANSWER else finding.mender.value


def _sentence(finding: Finding) -> str:
    if finding.kind is FindingKind.NO_ACCESS:
        access = ChannelAccess(finding.detail) if finding.detail in list(ChannelAccess) else ChannelAccess.UNKNOWN
        return no_access(access, address(finding.subject))
    who = name_of(finding.subject) if is_person(finding.subject) else address(finding.subject)
    return SENTENCES[finding.kind].format(who=quote(who, 200) if who == finding.subject else who,
                                       detail=quote(finding.detail, 200), minutes=MINUTES)  # fmt: skip
