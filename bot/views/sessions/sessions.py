"""Sessions in Slack: the list, the form with which one is planned or changed, and what participants read."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.views import form
from bot.views.inputs import ChoiceInput, DateTimeInput, FormField, NumberInput, PeopleInput, PersonInput, TextInput
from bot.views.people.names import name_of
from bot.views.text import Block, actions, answer, button, context, header, message, quote, section, when
from domain.phases.phase import Phase
from domain.sessions.coverage import GroupCoverage
from domain.sessions.session import (
    MAX_MINUTES,
    PLACE_LIMIT,
    TITLE_LIMIT,
    USUAL_MINUTES,
    SessionDraft,
    SessionKind,
    SessionState,
    UserSession,
)
from domain.text import plural

Message = dict[str, Any]
LIST, PLAN, EDIT, NOTES, ITEMS = "sessions", "session_plan", "session_edit", "session_notes", "session_items"
MAX_OPTIONS = 100  # of a select
ON_HOME = 5  # sessions
MAX_GROUPS = 15
KIND = ChoiceInput(id="kind", label="Kind", required=True,
                   options=tuple((one.value, one.label, "") for one in SessionKind))  # fmt: skip
TITLE = TextInput(id="title", label="What it is about", required=True, multiline=False, limit=TITLE_LIMIT,
                  error="The session has no title. Write what it is about.")  # fmt: skip
PARTICIPANTS = PeopleInput(id="participants", label="Participants", required=True)
STARTS = DateTimeInput(id="starts", label="Begins", required=True)
MINUTES = NumberInput(id="minutes", label="Minutes", required=True, limit=MAX_MINUTES)
PLACE = TextInput(
    id="place", label="Place", multiline=False, limit=PLACE_LIMIT, hint="Where to go, or a link to a call"
)
HOST = PersonInput(id="host", label="Host", required=True, hint="Who leads it and writes the notes")
STATE = ChoiceInput(id="state", label="State", required=True, options=tuple(
    (one.value, one.label, "") for one in (SessionState.PLANNED, SessionState.CANCELLED)))  # fmt: skip


def page(phase: Phase, found: Sequence[UserSession], now: datetime, groups: Sequence[GroupCoverage] = ()) -> Message:
    """Return the sessions of a phase, those to come first, and whom they reached, with the buttons of its team."""
    coming = [one for one in reversed(found) if one.is_planned and one.ends > now]
    past = [one for one in found if one not in coming]
    text = plural(len(coming), "{phase}: 1 session planned", "{phase}: {count} sessions planned",
                  none="{phase}: no session is planned", phase=quote(phase.name))  # fmt: skip
    rows = [section(_line(one), **_next_step(one, now)) for one in (*coming, *past)]
    return answer(
        text,
        [
            section(f"*{text}*"),
            *rows,
            *_coverage(groups),
            actions(button("Plan session", PLAN, phase.key, style="primary")),
        ],
    )


def _coverage(groups: Sequence[GroupCoverage]) -> list[Block]:
    """Return which user groups sessions have reached, and which of them to invite next."""
    lines = [_group(one) for one in groups[:MAX_GROUPS]]
    rest = [f"… and {len(groups) - MAX_GROUPS} more."] if len(groups) > MAX_GROUPS else []
    return [section("\n".join(["*Reached by sessions*", *lines, *rest]))] if groups else []


def _group(one: GroupCoverage) -> str:
    quiet = ". It's hardly heard of: invite this group next." if one.is_quiet else ""
    share = f"{one.reached} of {one.people} ({100 * one.share:.0f} %)" if one.reached else f"none of {one.people}"
    return f"• {quote(one.group, 80)}: {share}{quiet}"


def own(phase: Phase, found: Sequence[UserSession]) -> Message:
    """Return the sessions that a person is invited to."""
    text = f"{quote(phase.name)}: your sessions"
    rows = [section(_line(one)) for one in found] or [section("You aren't invited to a session. The team plans them.")]
    return answer(text, [section(f"*{text}*"), *rows])


def on_home(found: Sequence[UserSession]) -> list[Block]:
    """Return the part of an App Home that lists the person's own sessions to come."""
    rest = [context(f"… and {len(found) - ON_HOME} more.")] if len(found) > ON_HOME else []
    rows = [section(_line(one)) for one in found[:ON_HOME]]
    return [header("Your sessions"), *rows, *rest, {"type": "divider"}] if found else []


def _next_step(session: UserSession, now: datetime) -> Block:
    """Return the button for what the team does next: change the session, write its notes, or read its items."""
    about = f"{session.name}: {session.title}"
    if session.state is SessionState.CANCELLED:
        return {}
    if session.state is SessionState.HELD:
        return {"accessory": button("Show items", f"{ITEMS}:{session.id}", str(session.id), name=f"Show {about}")}
    if session.starts > now:
        return {"accessory": button("Change", f"{EDIT}:{session.id}", str(session.id), name=f"Change {about}")}
    return {"accessory": notes_button(session)}


def notes_button(session: UserSession) -> Block:
    return button("Write notes", f"{NOTES}:{session.id}", str(session.id),
                  name=f"Write the notes of {session.name}: {session.title}")  # fmt: skip


def _line(session: UserSession) -> str:
    """Return a session as mrkdwn: what, when, where, with how many."""
    people = plural(len(session.participants), "1 participant", "{count} participants")
    facts = (when(session.starts), f"{session.minutes} min", quote(session.place, 150), quote(session.module, 80),
             quote(session.process, 80), people, f"host: {name_of(session.host)}",
             "" if session.is_planned else session.state.label.lower())  # fmt: skip
    title = quote(session.title, 150) or "No longer kept"
    return f"*{session.name}* {session.kind.label}: {title}\n{' · '.join(filter(None, facts))}"


def _fields(phase: Phase) -> tuple[FormField, ...]:
    modules = tuple((one, one, "") for one in phase.intake.modules[:MAX_OPTIONS])
    processes = tuple((one, one, "") for one in phase.intake.processes[:MAX_OPTIONS])
    return (
        KIND, TITLE, PARTICIPANTS, STARTS, MINUTES, PLACE,
        *((ChoiceInput(id="module", label="Module", options=modules),) if modules else ()),
        *((ChoiceInput(id="process", label="Process", options=processes),) if processes else ()),
        HOST,
    )  # fmt: skip


def plan_form(phase: Phase, host: str, starts: datetime) -> Block:
    """Return the form for a new session; it begins at the next full hour after `starts`."""
    values = {"kind": SessionKind.FOCUS_GROUP.value, "minutes": USUAL_MINUTES, "host": host,
              "starts": starts.replace(minute=0, second=0, microsecond=0)}  # fmt: skip
    note = context("Each participant gets an invitation with a calendar file, and a reminder an hour before.")
    return form.modal(PLAN, "Plan session", _fields(phase), values=values, metadata={"phase": phase.key}, submit="Plan",
                      before=[section(f"*{quote(phase.name)}*")], after=[note])  # fmt: skip


def edit_form(phase: Phase, session: UserSession) -> Block:
    """Return the form of a planned session, which shows it and changes it."""
    values = {
        "kind": session.kind.value, "title": session.title, "participants": session.participants,
        "starts": session.starts, "minutes": session.minutes, "place": session.place, "module": session.module,
        "process": session.process, "host": session.host, "state": session.state.value,
    }  # fmt: skip
    note = context("People are told when the time, the place or the title changes, and when it is cancelled.")
    return form.modal(EDIT, f"Session {session.name}", (*_fields(phase), STATE), values=values,
                      metadata={"phase": phase.key, "session": session.id}, after=[note])  # fmt: skip


def session_of(view: Mapping[str, Any]) -> int:
    """Return the id of the session that a form is about; 0 if it names none."""
    return form.number(view, "session")


def read_form(view: Mapping[str, Any], phase: Phase) -> SessionDraft:
    """Return what a form asks for; InvalidForm with every error."""
    given = form.read_all(view, _fields(phase), also=(STATE,))
    return SessionDraft(
        kind=SessionKind(given["kind"]), title=given["title"], starts=given["starts"], minutes=given["minutes"],
        participants=given["participants"], place=given.get("place", ""), module=given.get("module", ""),
        process=given.get("process", ""), host=given["host"],
        cancelled=given.get("state") == SessionState.CANCELLED.value,
    )  # fmt: skip


def invitation(phase: Phase, session: UserSession, person: str) -> Message:
    """Invite a person; the host reads who comes."""
    told = "You host" if person == session.host else f"{name_of(session.host)} invites you to"
    text = f"{told} a session about {quote(phase.name)}: *{quote(session.title, 150)}*, {_when_and_where(session)}"
    after = "We'll remind you an hour before. The calendar file is in the thread."
    invited = ", ".join(name_of(one) for one in session.participants if one != session.host)
    names = [context(f"Participants: {invited}")] if person == session.host else []
    return message(text, [section(text), section(f"{session.kind.label}. {after}"), *names])


def changed(phase: Phase, session: UserSession) -> Message:
    """Tell a participant that the session was cancelled, or how it is to be now."""
    title = f"*{quote(session.title, 150)}* ({quote(phase.name)})"
    if session.cancelled:
        text = f"The session {title} on {when(session.starts)} is cancelled. You don't need to do anything."
    else:
        text = (
            f"The session {title} has changed: {_when_and_where(session)} The new calendar file replaces the old one."
        )
    return message(text, [section(text)])


def not_needed(phase: Phase, session: UserSession) -> Message:
    text = f"You're no longer invited to the session *{quote(session.title, 150)}* ({quote(phase.name)})."
    return message(text, [section(text)])


def reminder(phase: Phase, session: UserSession) -> Message:
    text = f"Soon: *{quote(session.title, 150)}* ({quote(phase.name)}), {_when_and_where(session)}"
    return message(text, [section(text)])


def asks_for_notes(phase: Phase, session: UserSession) -> Message:
    """Ask the host for the notes of a session that has ended."""
    text = (f"What was said in *{quote(session.title, 150)}* ({quote(phase.name)})? Each line of your notes becomes a "
            "report, an idea, praise or a question, with a ticket.")  # fmt: skip
    return message(text, [section(text), actions(notes_button(session))])


def _when_and_where(session: UserSession) -> str:
    """Return when and where it is, as the end of a sentence."""
    place = f", {quote(session.place, 150)}" if session.place else ""
    return f"{when(session.starts)}, {session.minutes} min{place}."
