"""Mails that were taken in, and the people who wrote them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from domain.address import new_mail_person, new_page_person
from domain.mail.incoming import FORM_ID, Attachment, IncomingMail
from storage.mail.tables import mail_files, mail_people, mails

NEW_MAIL, NEW_PERSON = (
    {
        name: new(table).on_conflict_do_nothing().returning(table.c.id)
        for name, new in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
    }
    for table in (mails, mail_people)
)


@dataclass(frozen=True, slots=True)
class MailPerson:
    """A person by their address; `failed_at` is when a mail to them came back."""

    id: str
    address: str
    name: str
    seen_at: datetime
    failed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MailThread:
    """What answers to a ticket's mails refer to: Message-IDs, oldest first, and the subject of the first mail."""

    message_ids: Sequence[str]
    subject: str


class Mails:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def meet(self, address: str, name: str, at: datetime) -> MailPerson:
        """Return the person with that address, who has just written, known from now on."""
        row = {"id": new_mail_person(), "address": address, "name": name, "seen_at": at}
        self._connection.execute(NEW_PERSON[self._connection.dialect.name], row)
        mine = mail_people.c.address == address
        news = {"seen_at": at, "failed_at": None} | ({"name": name} if name else {})
        self._connection.execute(update(mail_people).where(mine).values(news))
        return MailPerson(**self._connection.execute(select(mail_people).where(mine)).mappings().one())

    def add_recipient(self, address: str, at: datetime) -> MailPerson:
        """Return the person with that address, to whom a mail is about to be sent, known from now on."""
        row = {"id": new_mail_person(), "address": address, "name": "", "seen_at": at}
        self._connection.execute(NEW_PERSON[self._connection.dialect.name], row)
        mine = mail_people.c.address == address
        self._connection.execute(update(mail_people).where(mine).values(seen_at=at))
        return MailPerson(**self._connection.execute(select(mail_people).where(mine)).mappings().one())

    def meet_on_page(self, name: str, at: datetime) -> MailPerson:
        """Return a new person who reads their news on a page; their address is their id, so that no mail goes there."""
        id_ = new_page_person()
        made = MailPerson(id_, id_, name or "A guest", at)
        row = {"id": made.id, "address": made.address, "name": made.name, "seen_at": at}
        self._connection.execute(insert(mail_people).values(row))
        return made

    def find_person(self, id_or_address: str) -> MailPerson | None:
        """Return a person by id or address."""
        mine = or_(mail_people.c.id == id_or_address, mail_people.c.address == id_or_address.lower())
        row = self._connection.execute(select(mail_people).where(mine)).mappings().first()
        return MailPerson(**row) if row else None

    def list_names(self, people: Sequence[str]) -> dict[str, str]:
        """Return the names of these people by id; the address of one without a name."""
        if not people:
            return {}
        mine = select(mail_people).where(mail_people.c.id.in_(people))
        return {row.id: row.name or row.address for row in self._connection.execute(mine)}

    def note_failure(self, person: str, at: datetime) -> bool:
        """Note that a mail to a person came back; return whether that is new."""
        mine = (mail_people.c.id == person, mail_people.c.failed_at.is_(None))
        return self._connection.execute(update(mail_people).where(*mine).values(failed_at=at)).rowcount > 0

    def insert(self, phase_id: int, person: str, mail: IncomingMail, at: datetime) -> int | None:
        """Keep a mail; return its number, or None where it was received before."""
        row = {"phase_id": phase_id, "message_id": mail.message_id, "mail_person": person, "subject": mail.subject,
               "text": mail.whole, "received_at": at}  # fmt: skip
        found: int | None = self._connection.scalar(NEW_MAIL[self._connection.dialect.name], row)
        return found

    def insert_file(self, mail_id: int, file: Attachment) -> int:
        """Keep a file of a mail; return its number."""
        row = {"mail_id": mail_id, "name": file.name, "kind": file.kind, "content": file.content}
        return int(self._connection.execute(insert(mail_files).returning(mail_files.c.id), row).scalar_one())

    def find_content(self, file_id: int) -> bytes | None:
        """Return the content of a file; None when it is no longer kept."""
        found: bytes | None = self._connection.scalar(select(mail_files.c.content).where(mail_files.c.id == file_id))
        return found

    def update_ticket(self, mail_id: int, ticket_id: int) -> None:
        """Say which ticket a mail belongs to."""
        self._connection.execute(update(mails).where(mails.c.id == mail_id).values(ticket_id=ticket_id))

    def find_ticket(self, phase_id: int, message_ids: Sequence[str]) -> int | None:
        """Return the ticket of the newest of these mails that belongs to one."""
        mine = (mails.c.phase_id == phase_id, mails.c.message_id.in_(message_ids), mails.c.ticket_id.is_not(None))
        newest = select(mails.c.ticket_id).where(*mine).order_by(mails.c.id.desc()).limit(1)
        found: int | None = self._connection.scalar(newest)
        return found

    def find_thread(self, ticket_id: int, person: str) -> MailThread:
        """Return the mails of a person about a ticket."""
        mine = select(mails.c.message_id, mails.c.subject).where(
            mails.c.ticket_id == ticket_id, mails.c.mail_person == person, mails.c.message_id.not_like(f"{FORM_ID}%")
        )
        found = self._connection.execute(mine.order_by(mails.c.id)).all()
        return MailThread([one.message_id for one in found], found[0].subject if found else "")

    def count_since(self, person: str, since: datetime) -> int:
        """Return how many mails a person wrote since that moment."""
        mine = (mails.c.mail_person == person, mails.c.received_at > since)
        return int(self._connection.scalar(select(func.count()).select_from(mails).where(*mine)) or 0)

    def delete_unattached(self, before: datetime) -> int:
        """Delete the people who wrote nothing since that moment and are in no mail that is kept."""
        kept = select(mails.c.mail_person)
        old = (mail_people.c.seen_at < before, mail_people.c.id.not_in(kept))
        return self._connection.execute(delete(mail_people).where(*old)).rowcount
