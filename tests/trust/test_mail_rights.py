"""What people without an account reach by e-mail: only the ticket that they reported or are affected by."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import count

import pytest
from sqlalchemy import select

from bot.services.followup import verification
from bot.services.intake import duplicates
from bot.services.mail import answers, receiving
from bot.services.mail.receiving import receive
from bot.services.phases import phases
from domain.errors import Refused
from domain.mail.incoming import IncomingMail
from domain.mail.outgoing import MailAnswer
from domain.mail.settings import MailSettings
from domain.mail.tags import message_id
from domain.tickets.closing import Solution
from domain.tickets.ticket import Fix
from storage.delivery.tables import messages
from storage.tickets.tables import tickets
from tests.trust import stages
from tests.trust.faults import Fuse
from tests.trust.stages import Make
from tests.trust.test_rights import table
from tests.trust.world import JO, LENA, PAY, SECRET, TICKETS, World

ADDRESS, ABSENT = "pay@hypercare.example", 999_999
EVA, BEN, MALLORY = "eva@customer.example", "ben@customer.example", "mallory@other.example"
PEOPLE: Mapping[str, str] = {"mail reporter": EVA, "mail affected": BEN, "mail writer": MALLORY}
numbers = count(1)


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Make:
    return stages.sqlite(tmp_path_factory.mktemp("mails") / "world.db")


class Mailed:
    """A world in which three people have written, and the ticket of the first is resolved."""

    def __init__(self, made: World, fuse: Fuse) -> None:
        self.app, self.fuse, self.ids = made.app, fuse, made.ids
        phases.apply_settings(made.app, PAY.model_copy(update={"mail": MailSettings(address=ADDRESS)}))
        self.people = {name: self.reporter_of(self.writes(sender)) for name, sender in PEOPLE.items()}
        self.ticket, double = self.newest() - 2, self.newest() - 1
        duplicates.merge(made.app, double, self.ticket, LENA)
        verification.resolve(made.app, self.ticket, JO, Solution(explanation="Restarted", fix=Fix.ROOT_CAUSE))

    def writes(self, sender: str, *references: str) -> int:
        """Take in a mail; return the id of the newest ticket."""
        mail = IncomingMail(message_id=f"<{next(numbers)}@x.example>", sender=sender, subject="Totals are wrong",
                            text=f"It says 0 ({sender}).", whole="It says 0.", references=references)  # fmt: skip
        assert receive(self.app, ADDRESS, mail).code == 250
        return self.newest()

    def newest(self) -> int:
        with self.app.store.read() as tx:
            return int(tx.connection.scalar(select(tickets.c.id).order_by(tickets.c.id.desc()).limit(1)) or 0)

    def reporter_of(self, ticket_id: int) -> str:
        with self.app.store.read() as tx:
            return tx.tickets.get_ticket(ticket_id).reporter

    def answers(self, sender: str) -> bool:
        """Whether an answer to a mail about the ticket counts as one of its people's words."""
        self.writes(sender, message_id(SECRET, self.ticket, "1", "hypercare.example"))
        with self.app.store.read() as tx:
            texts = tx.connection.scalars(select(messages.c.payload)).all()
        said = [str(text) for text in texts if f"({sender})" in str(text)]
        assert said
        return not any("isn't the reporter" in text for text in said[-2:])

    def token(self, person: str, answer: MailAnswer, ticket_id: int) -> str:
        return answers.link_of(self.app, ticket_id, person, answer, next(numbers)).rpartition("/")[2]


@pytest.fixture
def mailed(on_sqlite: Make) -> Iterator[Mailed]:
    fuse = Fuse()
    with on_sqlite(fuse) as made:
        yield Mailed(made, fuse)


def through(work: Callable[[], object]) -> str:
    """Return why not; "" when it works."""
    try:
        work()
    except Refused as no:
        return no.text
    return ""


def test_people_of_mails_get_through_as_the_table_says(mailed: Mailed) -> None:
    found = dict[str, list[str]]()
    for name, person in mailed.people.items():
        for answer in MailAnswer:
            token = mailed.token(person, answer, mailed.ticket)
            mailed.fuse.undoes = True
            if not through(partial(answers.name_of_ticket, mailed.app, token)):
                found.setdefault(f"mail page {answer}", []).append(name)
            if not through(lambda token=token: answers.use_link(mailed.app, token, "Still 0")):  # type: ignore[misc]
                found.setdefault(f"mail link {answer}", []).append(name)
            mailed.fuse.undoes = False
    for name, sender in PEOPLE.items():
        if mailed.writes(sender):
            found.setdefault("mail report", []).append(name)
        if mailed.answers(sender):
            found.setdefault("mail answer", []).append(name)
    wanted = {label: names for label, names in table().items() if label.startswith("mail ")}
    assert {label: ", ".join(names) for label, names in found.items()} == wanted


def test_a_link_reaches_no_other_ticket_and_does_not_say_whether_there_is_one(mailed: Mailed) -> None:
    def said(answer: MailAnswer, ticket_id: int) -> list[str]:
        token = mailed.token(mailed.people["mail reporter"], answer, ticket_id)
        return [through(partial(answers.name_of_ticket, mailed.app, token)),
                through(partial(answers.use_link, mailed.app, token, "Still 0"))]  # fmt: skip

    for answer in MailAnswer:
        absent = said(answer, ABSENT)
        assert absent[0] == answers.NOT_VALID
        assert absent[1]
        assert {name: found for name in TICKETS if (found := said(answer, mailed.ids[name])) != absent} == {}


def test_a_mail_that_has_to_come_again_changes_nothing(on_sqlite: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "MAX_IN_AN_HOUR", 1)
    with on_sqlite(fuse := Fuse()) as made:
        Mailed(made, fuse)
        before = stages.rows(made.app.store)
        mail = IncomingMail(
            message_id="<again@x.example>", sender=EVA, sender_name="Eva", subject="And", text="It is 1."
        )
        assert receive(made.app, ADDRESS, mail).code == 450
        assert not stages.difference(before, stages.rows(made.app.store))
