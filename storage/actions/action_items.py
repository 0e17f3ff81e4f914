"""Action items, what they wait for, and how many there are."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, delete, func, insert, or_, select, update

from domain.actions.action_item import ActionDraft, ActionItem, ActionKind, ActionState, Proof, Stage
from storage.actions.tables import action_needs, actions
from storage.database.columns import LARGEST_ID
from storage.database.pending import about_held, pending_of
from storage.tickets.tables import tickets

IS_OPEN = actions.c.state == ActionState.OPEN.value


@dataclass(frozen=True, slots=True)
class ActionCounts:
    """The open actions of a phase that are not about private tickets."""

    open: int
    overdue: int
    unowned: int


class ActionItems:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._proofs: dict[int, list[tuple[str, Proof]]] = {}  # by ticket that the transaction holds

    def insert_action(
        self, phase_id: int, ticket_id: int | None, draft: ActionDraft, by: str, at: datetime,
        stage: Stage | None = None,
    ) -> ActionItem:  # fmt: skip
        """Insert an open action; return it with its id."""
        row = {"phase_id": phase_id, "ticket_id": ticket_id, "about": draft.about, "kind": draft.kind,
               "title": draft.title, "owner": draft.owner, "due": draft.due, "state": ActionState.OPEN,
               "proof": draft.proof, "proof_note": draft.proof_note,
               "proven_by": "", "stage": stage or "", "made_by": by, "made_at": at}  # fmt: skip
        self._proofs.clear()
        if ticket_id and (state := pending_of(self._connection)):
            state.lacking.get(actions.name, set()).discard(ticket_id)
        key = self._connection.execute(insert(actions), row).inserted_primary_key
        id_ = int(key[0]) if key else 0
        self._replace_needs(id_, draft.needs)
        return ActionItem(
            id=id_, phase_id=phase_id, ticket_id=ticket_id, about=draft.about, title=draft.title,
            owner=draft.owner, due=draft.due, kind=draft.kind,
            proof=draft.proof, proof_note=draft.proof_note, stage=stage, needs=draft.needs, made_by=by, made_at=at,
        )  # fmt: skip

    def update_action(self, item: ActionItem, closed_at: datetime | None) -> None:
        values = {"kind": item.kind, "title": item.title, "owner": item.owner, "due": item.due, "state": item.state,
                  "proof": item.proof,
                  "proof_note": item.proof_note, "proven_by": item.proven_by, "closed_at": closed_at}  # fmt: skip
        self._proofs.clear()
        self._connection.execute(update(actions).where(actions.c.id == item.id).values(values))
        self._replace_needs(item.id, item.needs)

    def _replace_needs(self, action_id: int, needs: Sequence[int]) -> None:
        self._connection.execute(delete(action_needs).where(action_needs.c.action_id == action_id))
        if needs:
            rows = [{"action_id": action_id, "needs_id": one} for one in needs]
            self._connection.execute(insert(action_needs), rows)

    def find_action(self, action_id: int, *, lock: bool = False) -> ActionItem | None:
        """Return an action, locked until the end of the transaction with `lock`."""
        if not 0 < action_id < LARGEST_ID:
            return None
        mine = select(actions).where(actions.c.id == action_id)
        found = self._read(mine.with_for_update() if lock else mine)
        return found[0] if found else None

    def list_of_phase(self, phase_id: int) -> list[ActionItem]:
        """Return all actions of a phase, first due first."""
        return self._list(actions.c.phase_id == phase_id)

    def list_open(self, phase_id: int) -> list[ActionItem]:
        """Return the open actions of a phase, first due first."""
        return self._list(actions.c.phase_id == phase_id, IS_OPEN)

    def find_needed(self, items: Sequence[ActionItem]) -> dict[int, ActionItem]:
        """Return the open actions that those wait for, by id."""
        ids = {need for one in items for need in one.needs}
        return {one.id: one for one in self._list(actions.c.id.in_(ids), IS_OPEN)} if ids else {}

    def list_open_of(self, person: str) -> list[ActionItem]:
        """Return the open actions that a person owns, first due first."""
        return self._list(actions.c.owner == person, IS_OPEN)

    def list_of_ticket(self, ticket_id: int) -> list[ActionItem]:
        return self._list(actions.c.ticket_id == ticket_id)

    def list_proofs(self, ticket_id: int) -> list[tuple[str, Proof]]:
        """Return name and test of each action of a ticket that needs one and was not dropped."""
        found = about_held(self._connection, ticket_id, self._proofs, list, self._read_proofs, actions.name)
        if found is None:
            self._read_proofs([ticket_id])
            found = self._proofs.pop(ticket_id, [])
        return found

    def _read_proofs(self, ticket_ids: Sequence[int]) -> None:
        mine = select(actions.c.ticket_id, actions.c.id, actions.c.proof).where(
            actions.c.ticket_id.in_(ticket_ids), actions.c.proof != Proof.NONE.value,
            actions.c.state != ActionState.DROPPED.value,
        )  # fmt: skip
        for row in self._connection.execute(mine.order_by(actions.c.id)):
            self._proofs.setdefault(row.ticket_id, []).append((f"A{row.id}", Proof(row.proof)))

    def count_public(self, phase_id: int, today: date) -> ActionCounts:
        """Count the open actions of a phase that everyone in the team may see."""
        public = or_(actions.c.ticket_id.is_(None), tickets.c.private.is_(False))
        asked_for = (actions.c.due < today, actions.c.owner.is_(None))
        late, unowned = (func.sum(case((one, 1), else_=0)) for one in asked_for)
        joined = actions.outerjoin(tickets, tickets.c.id == actions.c.ticket_id)
        asked = select(func.count(), late, unowned).select_from(joined)
        row = self._connection.execute(asked.where(actions.c.phase_id == phase_id, IS_OPEN, public)).one()
        return ActionCounts(row[0], row[1] or 0, row[2] or 0)

    def _list(self, *which: ColumnElement[bool]) -> list[ActionItem]:
        return self._read(select(actions).where(*which).order_by(actions.c.due, actions.c.id))

    def _read(self, query: Any) -> list[ActionItem]:
        rows = self._connection.execute(query).all()
        needs = defaultdict[int, list[int]](list)
        if rows:
            asked = select(action_needs).where(action_needs.c.action_id.in_([row.id for row in rows]))
            for one in self._connection.execute(asked.order_by(action_needs.c.needs_id)):
                needs[one.action_id].append(one.needs_id)
        return [replace(_item(row), needs=tuple(needs[row.id])) for row in rows]


def _item(row: Any) -> ActionItem:
    return ActionItem(
        id=row.id, phase_id=row.phase_id, ticket_id=row.ticket_id, about=row.about, title=row.title,
        kind=ActionKind(row.kind), owner=row.owner, due=row.due,
        state=ActionState(row.state), proof=Proof(row.proof), proof_note=row.proof_note, proven_by=row.proven_by,
        stage=Stage(row.stage) if row.stage else None, made_by=row.made_by, made_at=row.made_at,
    )  # fmt: skip
