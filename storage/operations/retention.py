"""Retention of old tickets: figures are kept, texts and people are erased."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from domain.address import ERASED_USER
from domain.tickets.event import FIGURE_DATA, EventKind
from storage.actions.tables import actions
from storage.connectors.tables import issue_links
from storage.conversations.tables import comments, followers, mirrored_reactions
from storage.decisions.tables import decisions
from storage.delivery.tables import lanes, messages, mirrors
from storage.followup.tables import notes, promises, reminders, workarounds
from storage.gateways.tables import gateway_sightings
from storage.mail.tables import mail_files, mails
from storage.oncall.tables import escalations, pages
from storage.signals.tables import signal_alerts
from storage.tickets.tables import IS_CLOSED, affected, events, files, log_summaries, tickets
from storage.warroom.tables import meeting_notes, stand_up_answers, timeline_entries, war_rooms

TEXT_COLUMNS = ("impact", "happened", "steps", "expected", "actual", "environment", "note", "workaround", "test")
ORIGIN_COLUMNS = ("origin_channel", "origin_ts", "origin_thread_ts")
SUMMARY = "No longer kept"


class Retention:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def erase_expired(self, before: datetime, limit: int) -> int:
        """Erase texts and people of at most `limit` tickets that ended before then; return how many.

        Notes and thanks of that time go with them.
        """
        old = select(tickets.c.id).where(IS_CLOSED, tickets.c.changed_at < before, tickets.c.reporter != ERASED_USER)
        held = old.order_by(tickets.c.changed_at).limit(limit).with_for_update(skip_locked=True)
        ids = list(self._connection.scalars(held))
        if ids:
            self._talk(ids)
            self._events(ids)
            self._connection.execute(delete(log_summaries).where(log_summaries.c.ticket_id.in_(ids)))
            self._words(ids)
        old_notes = (notes.c.at < before, notes.c.person != ERASED_USER)
        self._connection.execute(update(notes).where(*old_notes).values(words="", person=ERASED_USER))
        self._connection.execute(delete(stand_up_answers).where(stand_up_answers.c.asked_at < before))
        self._connection.execute(delete(meeting_notes).where(meeting_notes.c.at < before))
        return len(ids)

    def _talk(self, ids: Sequence[int]) -> None:
        """Erase the messages about the tickets from the outbox; those in Slack stay."""
        said = messages.c.lane_id.in_(select(lanes.c.id).where(lanes.c.ticket_id.in_(ids)))
        for table in (mirrors, mirrored_reactions):
            self._connection.execute(delete(table).where(table.c.ticket_id.in_(ids)))
        told: dict[str, Any] = {"gone": True, "ours": {}, "theirs": {}}
        self._connection.execute(update(issue_links).where(issue_links.c.ticket_id.in_(ids)).values(told))
        self._connection.execute(update(messages).where(said).values(target=None))
        self._connection.execute(delete(messages).where(said))
        self._connection.execute(delete(lanes).where(lanes.c.ticket_id.in_(ids)))

    def _events(self, ids: Sequence[int]) -> None:
        rows = self._connection.execute(
            select(events.c.id, events.c.kind, events.c.data).where(events.c.ticket_id.in_(ids))
        )
        for row in rows.all():
            kept = {} if row.kind == EventKind.ASSIGNED else {k: v for k, v in row.data.items() if k in FIGURE_DATA}
            self._connection.execute(update(events).where(events.c.id == row.id).values(data=kept, actor=ERASED_USER))

    def _words(self, ids: Sequence[int]) -> None:
        theirs = select(mails.c.id).where(mails.c.ticket_id.in_(ids))
        self._connection.execute(delete(mail_files).where(mail_files.c.mail_id.in_(theirs)))
        rooms = select(war_rooms.c.id).where(war_rooms.c.ticket_id.in_(ids))
        self._connection.execute(delete(timeline_entries).where(timeline_entries.c.war_room_id.in_(rooms)))
        for table in (war_rooms, mails, files, affected, pages, escalations, followers, comments, reminders,
                      gateway_sightings):  # fmt: skip
            self._connection.execute(delete(table).where(table.c.ticket_id.in_(ids)))
        said: dict[str, Any] = {**dict.fromkeys(("title", "text", "link", "endpoint"), ""), "labels": {}}
        self._connection.execute(update(signal_alerts).where(signal_alerts.c.ticket_id.in_(ids)).values(said))
        gone: dict[str, Any] = {
            **dict.fromkeys(TEXT_COLUMNS, ""), **dict.fromkeys(ORIGIN_COLUMNS), "summary": SUMMARY, "extra": {},
            "filed_by": None, "reporter": ERASED_USER, "anonymous": True,
        }  # fmt: skip
        mine = tickets.c.id.in_(ids)
        self._connection.execute(update(tickets).where(mine, tickets.c.owner.is_not(None)).values(owner=ERASED_USER))
        self._connection.execute(update(tickets).where(mine).values(gone))
        untitled = {"title": SUMMARY, "proof_note": "", "proven_by": "", "made_by": ERASED_USER}
        self._connection.execute(update(actions).where(actions.c.ticket_id.in_(ids)).values(untitled))
        had_owner = (actions.c.ticket_id.in_(ids), actions.c.owner.is_not(None))
        self._connection.execute(update(actions).where(*had_owner).values(owner=ERASED_USER))
        forgotten: dict[str, Any] = {
            **dict.fromkeys(("evidence", "choice", "rationale", "source", "outcome"), ""), "question": SUMMARY,
            "options": [], "asked": [], "steps": [], "done": [], "opened_by": ERASED_USER, "decided_by": ERASED_USER,
        }  # fmt: skip
        self._connection.execute(update(decisions).where(decisions.c.ticket_id.in_(ids)).values(forgotten))
        self._connection.execute(update(promises).where(promises.c.ticket_id.in_(ids)).values(maker=ERASED_USER))
        self._connection.execute(update(workarounds).where(workarounds.c.ticket_id.in_(ids)).values(readers=[]))
