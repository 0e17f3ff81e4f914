"""Names in plain text: filled in when a message is sent, never stored with it, and gone with an erased person."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.context import AppContext
from bot.services.operations import erasure
from bot.services.people import names
from bot.services.registry import FEATURES
from bot.views.people.names import name_of
from bot.views.text import message
from domain.people.profile import Profile
from domain.text import NAME_OPEN, clean
from storage.delivery.tables import messages
from storage.store import Store
from tests.conftest import Clock
from tests.support.bot import BotWorkspace

JO = "U0JO00000"


@pytest.fixture
def app(store: Store, clock: Clock) -> AppContext:
    return AppContext(features=FEATURES, store=store, now=clock)


def named(app: AppContext, name: str) -> str:
    with app.store.begin() as tx:
        tx.profiles.save(Profile(id=JO, display_name=name, fetched_at=datetime(2026, 3, 2, tzinfo=UTC)))
    return str(names.fill(app, message(f"{name_of(JO)} wrote"))["text"])


def test_a_name_is_plain_text_whatever_a_person_calls_themselves(app: AppContext) -> None:
    assert named(app, "Jo Adler") == "Jo Adler wrote"
    assert named(app, '<!channel> & "friends"\n*x*') == '&lt;!channel&gt; &amp; "friends" *x* wrote'
    assert names.fill(app, message(f"{name_of('U0UNKNOWN')} wrote"))["text"] == "<@U0UNKNOWN> wrote"
    assert names.fill(app, message("No name here"))["text"] == "No name here"


@given(st.text(max_size=200))
def test_no_name_breaks_a_message(name: str) -> None:
    mark = json.dumps({"text": name_of(JO)}, ensure_ascii=False)
    assert NAME_OPEN in mark
    assert NAME_OPEN not in clean(name)


def test_the_actor_of_an_act_is_named_and_not_called_and_leaves_no_name_when_erased(slack: BotWorkspace) -> None:
    maria, tom = slack.person("maria"), slack.person("tom")
    maria.reports("Slow page")
    card = slack.triage.expects("Slow page")
    thanks = maria.dm.expects("Thank you")
    maria.replies(thanks, "It is the second page")
    said = card.expects_reply("It is the second page")
    assert "Maria Keller wrote in the reporter thread" in said.words
    assert f"<@{maria.id}>" not in said.words
    tom.types("/hypercare metoo PAY-1")
    card.expects_reply("Tom Brandt is affected too")
    slack.quiet()
    erasure.erase(slack.application.context, maria.id)
    with slack.application.store.read() as tx:
        assert tx.profiles.find(maria.id) is None
        stored = json.dumps([str(one) for one in tx.connection.scalars(select(messages.c.payload))])
    assert maria.id not in stored
    assert "Maria Keller" not in stored
