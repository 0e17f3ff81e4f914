"""Promises: a promised date is kept, renewed or broken, and followers hear which."""

from datetime import timedelta

import pytest

from tests.support.bot import BotWorkspace
from tests.support.days import passes, to_monday
from tests.support.people import Message

TEXT = "The export is slow"


def reported(slack: BotWorkspace, follower: str = "tom") -> Message:
    slack.person("maria").reports(TEXT)
    card = slack.triage.expects(TEXT)
    slack.person(follower).types("/hypercare metoo PAY-1")
    slack.quiet()
    return card


def in_hours(slack: BotWorkspace, hours: float) -> int:
    return int((slack.application.context.now() + timedelta(hours=hours)).timestamp())


def promises(slack: BotWorkspace, hours: float, what: str = "fix", words: str = "") -> dict[str, object]:
    form = slack.person("jo").opens("/hypercare promise PAY-1")
    return form.fills(promise=what, by=in_hours(slack, hours), words=words).submits()


def heard(slack: BotWorkspace, name: str) -> str:
    slack.quiet()
    return " | ".join(m.words for root in slack.person(name).dm.messages() for m in [root, *root.thread()])


def kept(slack: BotWorkspace) -> dict[str, int]:
    with slack.application.store.read() as tx:
        phase = tx.phases.list_phases()[0]
        now = slack.application.context.now()
        found = tx.promises.count_kept(phase.id, now - timedelta(days=60), now + timedelta(days=60))
    return {"kept": found.kept, "renewed": found.renewed, "broken": found.broken, "slip": found.slip}


@pytest.mark.core
def test_followers_hear_of_a_promise_and_the_card_shows_it(slack: BotWorkspace) -> None:
    to_monday(slack)
    card = reported(slack)
    assert promises(slack, 30) == {"closed": True}
    card.shows("*Promised:* Fix by")
    for name in ("maria", "tom"):
        assert "Jo Adler promises a fix for *PAY-1* by" in heard(slack, name)


def test_a_promise_that_is_kept_counts_as_kept(slack: BotWorkspace) -> None:
    to_monday(slack)
    card = reported(slack)
    promises(slack, 30)
    slack.person("jo").opens("/hypercare resolve PAY-1").fills(explanation="Indexed", fix="root_cause").submits()
    card.shows("Resolved")
    assert kept(slack) == {"kept": 1, "renewed": 0, "broken": 0, "slip": 0}
    passes(slack, days=3)
    assert "missed that date" not in heard(slack, "maria")


def test_its_maker_is_asked_a_day_before_and_may_say_that_it_holds(slack: BotWorkspace) -> None:
    to_monday(slack)
    reported(slack)
    promises(slack, 3 * 24 + 6)  # Thursday at three
    passes(slack, days=1, hours=6)
    assert "Will you make it?" not in heard(slack, "jo")
    passes(slack, hours=20)
    question = slack.person("jo").dm.expects("Will you make it?")
    slack.person("jo").presses(question, "On track")
    assert question.shows("You said that it's on track").buttons == []
    passes(slack, hours=3)
    mine = [m for root in slack.person("jo").dm.messages() for m in [root, *root.thread()]]
    assert len([m for m in mine if "Will you make it?" in m.words]) == 1


def test_changing_a_promised_date_needs_a_reason(slack: BotWorkspace) -> None:
    to_monday(slack)
    reported(slack)
    promises(slack, 3 * 24)
    assert "why the date changes" in str(promises(slack, 4 * 24)["errors"])
    assert promises(slack, 4 * 24 + 1, words="The vendor is late") == {"closed": True}
    assert "instead of" in heard(slack, "tom")
    assert "The vendor is late" in heard(slack, "maria")
    assert kept(slack) == {"kept": 0, "renewed": 1, "broken": 0, "slip": 1}


@pytest.mark.core
def test_a_broken_promise_is_told_honestly_once(slack: BotWorkspace) -> None:
    to_monday(slack)
    card = reported(slack)
    promises(slack, 30)
    passes(slack, hours=31)
    for name in ("maria", "tom"):
        assert heard(slack, name).count("We promised a fix for *PAY-1* by") == 1
    assert "We promised a fix for *PAY-1* by" in card.expects_reply("Set a new date").words
    passes(slack, days=2)
    assert heard(slack, "maria").count("We promised a fix for *PAY-1* by") == 1
    assert kept(slack)["broken"] == 1


def test_news_are_promised_with_an_answer_and_kept_by_the_next(slack: BotWorkspace) -> None:
    to_monday(slack)
    card = reported(slack)
    jo = slack.person("jo")
    jo.presses(card, "Reply")
    jo.modal().fills(text="We look into it", by=in_hours(slack, 5)).submits()
    assert "promises the next update by" in heard(slack, "maria")
    assert "We look into it" not in heard(slack, "tom"), "an answer to the reporter alone"
    jo.presses(card, "Reply")
    jo.modal().fills(text="It is the index", to="all_followers").submits()
    assert "It is the index" in heard(slack, "tom")
    assert kept(slack) == {"kept": 1, "renewed": 0, "broken": 0, "slip": 0}


def test_a_fix_is_promised_with_the_status(slack: BotWorkspace) -> None:
    to_monday(slack)
    card = reported(slack)
    jo = slack.person("jo")
    jo.presses(card, "more:status")
    jo.modal().fills(status="fixing", by=in_hours(slack, 30)).submits()
    assert "We promise a fix by" in heard(slack, "maria")
    card.shows("*Promised:* Fix by")


def test_a_deferral_date_is_a_promise_to_resume_work(slack: BotWorkspace) -> None:
    to_monday(slack)
    card = reported(slack)
    lena, day = slack.person("lena"), (slack.application.context.now() + timedelta(days=2)).date()
    lena.presses(card, "more:defer")
    lena.modal().fills(reason="next_release", text="With 4.3", date=day.isoformat()).submits()
    passes(slack, days=2, hours=1)
    assert "under investigation again" in heard(slack, "maria")
    passes(slack, hours=8)  # the working day ends, and the team did nothing
    assert "We promised to resume work on *PAY-1* by" in heard(slack, "tom")
    assert kept(slack)["broken"] == 1


def test_the_digest_lists_promises_due_today(slack: BotWorkspace) -> None:
    to_monday(slack, "08:00")
    reported(slack)
    promises(slack, 6, words="")
    assert "Promised for today" in str(slack.person("lena").types("/hypercare digest"))


def test_nothing_is_promised_for_the_past_or_for_what_is_over(slack: BotWorkspace) -> None:
    reported(slack)
    assert "That time has passed" in str(promises(slack, -1)["errors"])
    form = slack.person("jo").opens("/hypercare promise PAY-1")
    slack.person("lena").opens("/hypercare resolve PAY-1").fills(explanation="Indexed", fix="symptom").submits()
    slack.quiet()
    assert "already closed" in str(form.fills(promise="fix", by=in_hours(slack, 5)).submits()["errors"])
    assert "PAY-1 is resolved. Reopen it first." in str(slack.person("jo").types("/hypercare promise PAY-1"))
