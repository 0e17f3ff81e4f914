"""Anonymity of pulses: every table and the bot's log are searched for links between an answer and a person."""

import itertools
import json
from typing import Any

import pytest
from sqlalchemy import select

from bot.seal import unseal
from bot.services.phases import phases
from domain.pulse.wave import pseudonym
from storage.database.metadata import metadata
from tests.pulse.test_pulse import all_asked, answers, begins, closes, with_pulse
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.days import passes
from tests.support.people import Message

WORDS = {"maria": "The quick brown fox", "tom": "Jumped over fences", "jo": "A lazy dog sleeps", "ravi": "Pack my box"}


def database(slack: BotWorkspace) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every table."""
    with slack.application.store.read() as tx:
        return {table.name: [dict(row) for row in tx.connection.execute(select(table)).mappings()]
                for table in metadata.sorted_tables}  # fmt: skip


def answer_all(slack: BotWorkspace) -> None:
    for name, words in WORDS.items():
        person = slack.person(name)
        message = answers(person, "4")
        person.presses(message.now(), "More questions")
        person.modal().fills(**{"pulse_q:ease": "6", "pulse_q:else": words}).submits()


@pytest.mark.core
def test_no_table_links_an_answer_to_a_person(slack: BotWorkspace, capsys: pytest.CaptureFixture[str]) -> None:
    with_pulse(slack)
    wave = begins(slack)
    all_asked(slack)
    before = database(slack)
    answer_all(slack)
    everything = database(slack)
    people = {name: slack.user_id(name) for name in WORDS}
    ours = everything["responses"] + everything["answer_comments"]
    assert len(everything["responses"]) == len(everything["answer_comments"]) == 4
    for row in ours:
        assert not [id_ for id_ in people.values() if id_ in json.dumps(row, default=str)]
    # No other table may contain the id, pseudonym or text of a response.
    secrets = {str(row[name]) for row in ours for name in ("id", "pseudonym", "text") if name in row}
    for name, rows in everything.items():
        if name not in ("responses", "answer_comments"):
            text = json.dumps(rows, default=str)
            assert not [one for one in secrets if one in text], name
    # Answers and comments have different pseudonyms.
    pseudonyms = [{row["pseudonym"] for row in everything[name]} for name in ("responses", "answer_comments")]
    assert not pseudonyms[0] & pseudonyms[1]
    # Answering changed no row about the person who answered.
    for name in ("invitations", "waves", "home_viewers", "audit", "events", "requests"):
        known = [row for row in everything[name] if any(id_ in json.dumps(row, default=str) for id_ in people.values())]
        assert all(row in before[name] for row in known), name
    said = capsys.readouterr()
    assert not [words for words in WORDS.values() if words in said.out + said.err]
    assert wave.salt
    assert not [id_ for id_ in people.values() if pseudonym(b"", wave.salt, id_, "answer") in secrets]


def test_after_a_wave_closes_not_even_the_secret_finds_an_answer(slack: BotWorkspace) -> None:
    with_pulse(slack)
    wave = begins(slack)
    all_asked(slack)
    answer_all(slack)
    secret, salt = slack.application.context.secret, str(wave.salt)
    possible = {pseudonym(secret, salt, slack.user_id(name), what) for name in WORDS for what in ("answer", "words")}
    open_pseudonyms = {row["pseudonym"] for row in database(slack)["responses"]}
    assert open_pseudonyms <= possible
    closes(slack)
    passes(slack, hours=25)
    everything = database(slack)
    assert [row["salt"] for row in everything["waves"]] == [None] * len(everything["waves"])
    assert len(everything["responses"]) == len(everything["answer_comments"]) == 4
    assert not possible & {row["pseudonym"] for name in ("responses", "answer_comments") for row in everything[name]}
    assert salt not in json.dumps(everything, default=str)
    assert secret.decode() not in json.dumps(everything, default=str)


def test_the_order_of_rows_reveals_nothing(slack: BotWorkspace) -> None:
    """Forty answers are given one after the other and read in another order, before and after closing."""
    orders = []
    with_pulse(slack)
    wave = begins(slack)
    with slack.application.store.begin() as tx:
        for number in range(40):
            tx.responses.upsert(wave.id, f"{number:064}", "", {"satisfaction": number})
    with slack.application.store.read() as tx:
        orders.append([given["satisfaction"] for _, given in tx.responses.list_answers(wave.id)])
    with slack.application.store.begin() as tx:
        tx.responses.anonymize(wave.id)
    with slack.application.store.read() as tx:
        orders.append([given["satisfaction"] for _, given in tx.responses.list_answers(wave.id)])
    assert all(sorted(map(int, order)) == list(range(40)) for order in orders)
    assert len({tuple(order) for order in orders}) == 2
    rising = [sum(a < b for a, b in itertools.pairwise(map(int, order))) for order in orders]
    assert all(
        8 <= count <= 31 for count in rising
    )  # in order it would be 39; by chance this fails once in 100,000 runs


def talks(slack: BotWorkspace) -> tuple[Message, Message]:
    """Maria talks anonymously after a low answer; return the ticket's card and the message she gets hours later."""
    with_pulse(slack)
    begins(slack)
    all_asked(slack)
    maria = slack.person("maria")
    message = answers(maria, "2")
    message.shows("Would you like help with it?")
    maria.presses(message.now(), "Talk anonymously")
    assert maria.modal().fills(summary="My lead shouts", happened="Every day", severity="high").submits() == {
        "closed": True}  # fmt: skip
    slack.quiet()
    assert not [m for m in slack.triage.messages() if "shouts" in m.words]
    passes(slack, hours=25)
    return slack.triage.expects("My lead shouts"), maria.dm.expects("Your report is *PAY-1*")


@pytest.mark.core
def test_a_reporter_talks_to_the_team_anonymously(slack: BotWorkspace) -> None:
    card, told = talks(slack)
    maria, jo = slack.person("maria"), slack.person("jo")
    jo.presses(card, "Acknowledge")
    jo.replies(card, ">> Would you rather talk to Ann?")
    told.expects_reply("Would you rather talk to Ann?")
    maria.replies(told, "Yes, please")
    card.expects_reply("Yes, please")
    jo.presses(card.now(), "Resolve")
    jo.modal().fills(fix="root_cause", test="Tried", explanation="Ann has talked to both").submits()
    done = told.expects_reply("Ann has talked to both")
    maria.presses(done, "Yes, fixed")
    card.shows("Confirmed fixed")
    slack.quiet()
    for message in (card.now(), *card.thread()):
        assert maria.id not in str(message.raw)
    everything = database(slack)
    assert maria.id not in json.dumps([everything[name] for name in ("events", "tickets", "affected")], default=str)
    tom = slack.person("tom")
    assert "PAY-1" not in tom.types("/hypercare mine")["text"]


def test_the_database_does_not_reveal_an_anonymous_reporter(slack: BotWorkspace) -> None:
    card, told = talks(slack)
    maria = slack.person("maria")
    maria.replies(told, "It was worse today", files=[{"name": "maria.png", "content": "x"}])
    copy = card.expects_reply("It was worse today")
    eventually(lambda: "Attachment 1.png" in json.dumps([m.raw.get("files") for m in card.thread()]), "the copy")
    slack.person("jo").replies(card, ">> Read this", files=[{"name": "help.pdf", "content": "x"}])
    told.expects_reply("Read this")
    slack.quiet()
    assert "maria.png" not in json.dumps(database(slack), default=str)
    slack.person("jo").reacts(copy, "thumbsup")
    (thumb,) = eventually(lambda: database(slack)["mirrored_reactions"], "Jo's thumb")
    assert thumb["person"] == slack.user_id("jo"), "reactions are public"
    direct = slack.box.world.workspace.im(slack.box.world.app.bot_user_id, maria.id).id
    everything = database(slack)
    tables = (
        "tickets",
        "files",
        "comments",
        "events",
        "affected",
        "mirrors",
        "low_answer_followups",
        "sealed_identities",
    )
    about = json.dumps([row for name in tables for row in everything[name]], default=str)
    assert maria.id not in about
    lanes = {row["id"]: row for row in everything["lanes"]}
    ours = [row for row in lanes.values() if row["ticket_id"] == 1]
    messages = [row for row in everything["outbox_messages"] if row["lane_id"] in {row["id"] for row in ours}]
    assert {row["name"] for row in ours} == {"team:1", "reporter:1", "file:1:team"}
    for row in (*ours, *messages, *everything["mirrors"]):
        assert maria.id not in json.dumps(row, default=str)
        assert str(direct) not in json.dumps(row, default=str)
    (seal,) = everything["sealed_identities"]
    assert unseal(slack.application.context.secret, seal["sealed"]) == maria.id
    assert unseal(b"another secret", seal["sealed"]) is None


def test_sealed_identities_are_destroyed_when_the_phase_ends(slack: BotWorkspace) -> None:
    talks(slack)
    phases.archive(slack.application.context, "PAY")
    assert database(slack)["sealed_identities"] == []
