"""People who write to the bot in Microsoft Teams, and the messages that they got."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from domain.address import new_teams_person
from domain.teams.incoming import TeamsActivity
from storage.delivery.tables import lanes, messages
from storage.teams.tables import teams_messages, teams_people
from storage.tickets.tables import tickets

NEW_PERSON, NEW_MESSAGE = (
    {
        name: new(table).on_conflict_do_nothing().returning(table.primary_key.columns[0])
        for name, new in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
    }
    for table in (teams_people, teams_messages)
)


@dataclass(frozen=True, slots=True)
class TeamsPerson:
    """A person in Teams and their chat with the bot."""

    id: str
    tenant: str
    object_id: str
    account: str
    name: str
    bot: str
    conversation: str
    service_url: str
    seen_at: datetime
    gone_at: datetime | None = None


class TeamsPeople:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def meet(self, activity: TeamsActivity, at: datetime) -> tuple[TeamsPerson, bool] | None:
        """Return the person who acts, known from now on by what the activity says, and whether they are new.

        None where the chat is another person's: what is sent to the one must never reach the other.
        """
        there = select(teams_people.c.tenant, teams_people.c.object_id)
        owner = self._connection.execute(there.where(teams_people.c.conversation == activity.conversation)).first()
        if owner is not None and tuple(owner) != (activity.tenant, activity.object_id):
            return None
        mine = (teams_people.c.tenant == activity.tenant, teams_people.c.object_id == activity.object_id)
        place = {"account": activity.account, "bot": activity.bot, "conversation": activity.conversation,
                 "service_url": activity.service_url, "seen_at": at, "gone_at": None}  # fmt: skip
        row = {"id": new_teams_person(), "tenant": activity.tenant, "object_id": activity.object_id,
               "name": activity.name}  # fmt: skip
        is_new = self._connection.scalar(NEW_PERSON[self._connection.dialect.name], row | place) is not None
        if not is_new:
            named = {"name": activity.name} if activity.name else {}
            self._connection.execute(update(teams_people).where(*mine).values(place | named))
        found = self._connection.execute(select(teams_people).where(*mine)).mappings().one()
        return TeamsPerson(**found), is_new

    def find_actor(self, activity: TeamsActivity) -> TeamsPerson | None:
        """Return the person who acts, where they are known."""
        mine = (teams_people.c.tenant == activity.tenant, teams_people.c.object_id == activity.object_id)
        row = self._connection.execute(select(teams_people).where(*mine)).mappings().first()
        return TeamsPerson(**row) if row else None

    def find_person(self, id_: str) -> TeamsPerson | None:
        """Return a person by our id or that of their directory."""
        mine = or_(teams_people.c.id == id_, teams_people.c.object_id == id_)
        row = self._connection.execute(select(teams_people).where(mine)).mappings().first()
        return TeamsPerson(**row) if row else None

    def list_names(self, people: Sequence[str]) -> dict[str, str]:
        """Return the names of these people by id."""
        if not people:
            return {}
        mine = select(teams_people.c.id, teams_people.c.name).where(teams_people.c.id.in_(people))
        return {row.id: row.name for row in self._connection.execute(mine)}

    def note_gone(self, person: str, at: datetime) -> bool:
        """Note that nothing reaches a person any more; return whether that is new."""
        mine = (teams_people.c.id == person, teams_people.c.gone_at.is_(None))
        return self._connection.execute(update(teams_people).where(*mine).values(gone_at=at)).rowcount > 0

    def revive_lanes(self, person: str) -> None:
        """Have messages sent again to a person who could not be reached."""
        dead = (lanes.c.channel == person, lanes.c.dead.is_not(None))
        self._connection.execute(update(lanes).where(*dead).values(dead=None))

    def find_last_ticket(self, person: str) -> int | None:
        """Return the ticket that the newest message to a person was about."""
        mine = select(lanes.c.ticket_id).join(messages, messages.c.lane_id == lanes.c.id)
        mine = mine.join(tickets, tickets.c.id == lanes.c.ticket_id).where(lanes.c.channel == person)
        found: int | None = self._connection.scalar(mine.order_by(messages.c.id.desc()).limit(1))
        return found

    def is_message_of(self, person: str, message_id: int) -> bool:
        """Return whether a message is one in that person's chat."""
        mine = select(messages.c.id).join(lanes, lanes.c.id == messages.c.lane_id)
        return self._connection.scalar(mine.where(messages.c.id == message_id, lanes.c.channel == person)) is not None

    def note_sent(self, message_id: int, activity_id: str, at: datetime) -> None:
        """Note what Teams calls a message."""
        row = {"message_id": message_id, "activity_id": activity_id, "sent_at": at}
        self._connection.execute(NEW_MESSAGE[self._connection.dialect.name], row)

    def find_sent(self, message_id: int) -> str | None:
        """Return what Teams calls a message; None when that is not known."""
        mine = select(teams_messages.c.activity_id).where(teams_messages.c.message_id == message_id)
        found: str | None = self._connection.scalar(mine)
        return found

    def delete_messages(self, before: datetime) -> None:
        """Forget what Teams calls messages that were sent before then."""
        self._connection.execute(delete(teams_messages).where(teams_messages.c.sent_at < before))

    def delete_unattached(self, before: datetime) -> int:
        """Delete the people who wrote nothing since that moment and reported no ticket that is kept."""
        kept = select(tickets.c.reporter)
        old = (teams_people.c.seen_at < before, teams_people.c.id.not_in(kept))
        return self._connection.execute(delete(teams_people).where(*old)).rowcount
