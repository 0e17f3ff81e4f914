"""Erase a person: their ID is replaced everywhere, and all figures stay as they are."""

from collections import Counter
from typing import Any

from sqlalchemy import JSON, Connection, String, Table, Text, cast, delete, func, or_, select, update

from storage.actions.tables import actions
from storage.automation.tables import topics
from storage.connectors.tables import issue_links
from storage.contacts.tables import contacts
from storage.conversations.tables import comments, followers, mirrored_reactions
from storage.decisions.tables import decisions
from storage.delivery.tables import lanes, messages, mirrors, rate_limits
from storage.exit.tables import exit_records
from storage.followup.tables import notes, promises, reminders, workarounds
from storage.home.tables import home_viewers
from storage.intake.tables import file_imports
from storage.knowledge.tables import article_versions, articles
from storage.learning.tables import draft_requests, post_mortems
from storage.mail.tables import mail_files, mail_people, mails
from storage.oncall.tables import escalations, pages, shift_overrides
from storage.operations.tables import audit, timers
from storage.people.tables import profiles
from storage.phases.tables import links, user_groups
from storage.problems.tables import problem_causes, problems
from storage.pulse.tables import answer_comments, invitations, low_answer_followups, responses, waves
from storage.rehearsal.tables import rehearsal_calls, rehearsals
from storage.reporting.tables import marked_events, readings
from storage.sessions.tables import session_items, session_people, sessions
from storage.signals.tables import signal_alerts, signal_integrations
from storage.teams.tables import teams_people
from storage.tickets.tables import affected, events, log_summaries, saved_lists, tickets
from storage.warroom.tables import meeting_notes, stand_up_answers, timeline_entries, war_rooms

PERSON_COLUMNS = (
    tickets.c.reporter,
    tickets.c.owner,
    tickets.c.filed_by,
    actions.c.owner,
    actions.c.made_by,
    actions.c.proven_by,
    problems.c.opened_by,
    problems.c.resolved_by,
    problem_causes.c.person,
    decisions.c.opened_by,
    decisions.c.decided_by,
    events.c.actor,
    affected.c.person,
    lanes.c.person,
    audit.c.actor,
    escalations.c.owner,
    escalations.c.started_by,
    pages.c.person,
    shift_overrides.c.person,
    shift_overrides.c.instead_of,
    shift_overrides.c.asked_by,
    invitations.c.person,
    responses.c.pseudonym,
    answer_comments.c.pseudonym,
    low_answer_followups.c.pseudonym,
    answer_comments.c.praised,
    readings.c.said_by,
    marked_events.c.said_by,
    promises.c.maker,
    comments.c.person,
    notes.c.person,
    contacts.c.walker,
    contacts.c.person,
    rehearsals.c.started_by,
    rehearsal_calls.c.place,
    sessions.c.host,
    sessions.c.made_by,
    session_people.c.person,
    session_items.c.person,
    session_items.c.filed_by,
    exit_records.c.person,
    articles.c.author,
    articles.c.reviewer,
    article_versions.c.person,
    post_mortems.c.edited_by,
    mirrored_reactions.c.person,
    signal_integrations.c.made_by,
    file_imports.c.stand_in,
    war_rooms.c.opened_by,
    war_rooms.c.closed_by,
    war_rooms.c.lead,
    war_rooms.c.communications,
    war_rooms.c.scribe,
    timeline_entries.c.author,
    stand_up_answers.c.person,
    timeline_entries.c.noted_by,
    meeting_notes.c.author,
    meeting_notes.c.noted_by,
)
PLACE_COLUMNS = (
    tickets.c.origin_channel,
    tickets.c.channel,
    lanes.c.name,
    lanes.c.channel,
    lanes.c.place,
    messages.c.bucket,
    messages.c.channel,
    messages.c.awaits,
    mirrors.c.channel,
    timers.c.key,
    comments.c.channel,
    mirrored_reactions.c.channel,
    timeline_entries.c.channel,
    meeting_notes.c.channel,
)
TEXT_TABLES = (
    tickets,
    events,
    messages,
    audit,
    escalations,
    timers,
    answer_comments,
    waves,
    marked_events,
    comments,
    contacts,
    sessions,
    session_items,
    notes,
    signal_alerts,
    exit_records,
    actions,
    decisions,
    problems,
    problem_causes,
    post_mortems,
    workarounds,
    war_rooms,
    timeline_entries,
    stand_up_answers,
    meeting_notes,
    issue_links,
)  # tables with texts that may mention people


class Erasure:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def erase(self, person: str, alias: str) -> Counter[str]:
        """Replace an ID by an alias everywhere; return the changed rows by table.

        Their own pages and lists are deleted. Direct messages to them are no longer sent: their lanes are dead.
        """
        changed: Counter[str] = Counter()
        for table in (
            home_viewers,
            saved_lists,
            links,
            shift_overrides,
            followers,
            reminders,
            file_imports,
            topics,
            draft_requests,
        ):
            changed[table.name] += self._connection.execute(delete(table).where(table.c.person == person)).rowcount
        changed["profiles"] = self._connection.execute(delete(profiles).where(profiles.c.id == person)).rowcount
        self._erase_mails(person)
        self._connection.execute(delete(teams_people).where(teams_people.c.id == person))
        there = cast(user_groups.c.people, Text).contains(person, autoescape=True)  # of groups that no phase names
        changed["groups"] = self._connection.execute(delete(user_groups).where(there)).rowcount
        theirs = update(invitations).where(invitations.c.person == person)
        self._connection.execute(theirs.values(next_at=None))
        changed["lanes"] = self._end_direct_messages(person)
        ids = [person, *self._direct(person)]
        for id_ in ids:  # a conversation with one person names that person too
            self._connection.execute(delete(rate_limits).where(rate_limits.c.key.contains(id_, autoescape=True)))
            for column in (*PERSON_COLUMNS, *PLACE_COLUMNS):
                there = column.contains(id_, autoescape=True)
                mine = update(column.table).where(there).values({column: func.replace(column, id_, alias)})
                changed[column.table.name] += self._connection.execute(mine).rowcount
            there = log_summaries.c.summary.contains(id_, autoescape=True)  # it is made again from the log
            changed["log_summaries"] += self._connection.execute(delete(log_summaries).where(there)).rowcount
            for table in TEXT_TABLES:
                changed[table.name] += self._reword(table, id_, alias)
        return changed

    def _erase_mails(self, person: str) -> None:
        """Delete what a person without an account wrote by e-mail, and their address."""
        theirs = select(mails.c.id).where(mails.c.mail_person == person)
        self._connection.execute(delete(mail_files).where(mail_files.c.mail_id.in_(theirs)))
        self._connection.execute(delete(mails).where(mails.c.mail_person == person))
        self._connection.execute(delete(mail_people).where(mail_people.c.id == person))

    def _end_direct_messages(self, person: str) -> int:
        mine = or_(lanes.c.channel == person, lanes.c.place == person)
        unsent = messages.c.state.in_(["waiting", "dead"])
        ours = messages.c.lane_id.in_(select(lanes.c.id).where(mine))
        self._connection.execute(update(messages).where(ours, unsent).values(state="dropped", error="forgotten"))
        dead = {"dead": func.coalesce(lanes.c.dead, "forgotten")}
        return self._connection.execute(update(lanes).where(mine).values(dead)).rowcount

    def _direct(self, person: str) -> list[str]:
        here = select(lanes.c.channel).where(lanes.c.place == person).distinct()
        return list(self._connection.scalars(here))

    def find_remaining(self, person: str) -> list[str]:
        """Return the columns that still contain the ID; none after erasing."""
        found = []
        for table in tickets.metadata.sorted_tables:
            columns = [column for column in table.c if isinstance(column.type, (String, Text, JSON))]
            if not columns:
                continue
            # Each table is read once, whatever the number of its columns.
            counts = (func.count().filter(cast(one, Text).contains(person, autoescape=True)) for one in columns)
            row = self._connection.execute(select(*counts).select_from(table)).one()
            found += [f"{table.name}.{one.name}" for one, count in zip(columns, row, strict=True) if count]
        return found

    def _reword(self, table: Table, person: str, alias: str) -> int:
        columns = [c for c in table.c if isinstance(c.type, (Text, JSON))]
        mentions = or_(*(cast(c, Text).contains(person, autoescape=True) for c in columns))
        rows = self._connection.execute(select(table.c.id, *columns).where(mentions)).mappings().all()
        for row in rows:
            words = {c.name: _without(row[c.name], person, alias) for c in columns}
            self._connection.execute(update(table).where(table.c.id == row["id"]).values(words))
        return len(rows)


def _without(value: Any, person: str, alias: str) -> Any:
    match value:
        case str():
            return value.replace(person, alias)
        case list():
            return [_without(one, person, alias) for one in value]
        case dict():
            return {k: _without(v, person, alias) for k, v in value.items()}
    return value
