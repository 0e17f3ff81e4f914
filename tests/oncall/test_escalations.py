"""A critical escalates until a person acknowledges it, and again when they fall silent, over simulated nights."""

from datetime import date, timedelta

import pytest

from bot.services.intake import intake
from domain.delivery.message import MessageState
from domain.oncall.settings import EscalationPolicy, EscalationStep, Layer, Rota
from domain.phases.permissions import Person as Who
from domain.tickets.event import EventKind
from domain.tickets.ticket import Intake, Report, Severity
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.days import passes, to_monday
from tests.support.oncall import TEXT, applied, critical, on_call, with_rota
from tests.support.people import Message, Person


def calls(person: Person, text: str = TEXT) -> list[Message]:
    """Every page to a person, repeated ones too."""
    first = [m for m in person.dm.messages() if text in m.words and "on call now" not in m.words]
    return first + [reply for m in first for reply in m.thread() if "still hasn't been acknowledged" in reply.words]


def waiting(slack: BotWorkspace, person: Person) -> int:
    with slack.application.store.read() as tx:
        return len(tx.escalations.list_waiting_for(person.id))


@pytest.mark.core
def test_without_an_answer_every_step_is_taken_and_shown(slack: BotWorkspace) -> None:
    with_rota(slack, repeat=1)
    to_monday(slack, "02:00")
    first, lena = on_call(slack), slack.person("lena")
    card = critical(slack)
    page = first.dm.expects(TEXT)
    assert page.raw["text"].startswith(f"<@{first.id}>, you're paged for PAY-1 (critical)")
    card.shows(f"<@{first.id}>")
    assert f"Next: <@{lena.id}>" in card.now().words
    assert calls(lena) == []
    passes(slack, minutes=5)
    lena.dm.expects(TEXT)
    card.expects_reply("*PAY-1* hasn't been acknowledged since")
    assert f"<@{lena.id}>" in card.thread()[-1].words
    passes(slack, minutes=10)  # the second round
    assert len(calls(first)) == 2
    passes(slack, minutes=5)
    passes(slack, minutes=10)
    card.shows("Everyone was paged, and no one answered")
    card.expects_reply("Everyone was paged for *PAY-1*, and no one answered")
    assert len(calls(lena)) == 2
    passes(slack, hours=10)
    assert (len(calls(first)), len(calls(lena))) == (2, 2)
    lena.presses(card.now(), "Acknowledge")
    card.shows(f"<@{lena.id}> is on it")


def test_every_way_to_acknowledge(slack: BotWorkspace) -> None:
    with_rota(slack)
    to_monday(slack, "02:00")
    first, lena = on_call(slack), slack.person("lena")

    def answer(how: str, page: Message, card: Message) -> None:
        match how:
            case "button":
                first.presses(page, "Acknowledge")
            case "emoji":
                first.reacts(page, "eyes")
            case "reply":
                first.replies(page, "I am looking at the logs")
            case "direct":
                first.says("Mine!", first.dm.name)
            case "channel":
                first.reacts(card, "eyes")

    for number, how in enumerate(("button", "emoji", "reply", "direct", "channel"), 1):
        text = f"Broken by {how}"
        card = critical(slack, text)
        answer(how, first.dm.expects(text), card)
        card.shows(f"<@{first.id}> is on it")
        first.dm.expects(text).shows("is on it")
        assert f"PAY-{number}" in card.words
        passes(slack, minutes=20)
        assert calls(lena, text) == []
    slack.triage.expects("Broken by reply").expects_reply("I am looking at the logs")


def test_declining_pages_the_next_person_at_once_and_a_snooze_ends(slack: BotWorkspace) -> None:
    with_rota(slack)
    to_monday(slack, "02:00")
    first, lena = on_call(slack), slack.person("lena")
    card = critical(slack)
    first.presses(first.dm.expects(TEXT), "Decline")
    lena.dm.expects(TEXT)
    card.expects_reply(f"{first.full_name} can't take *PAY-1*")
    lena.presses(lena.dm.expects(TEXT), "Snooze")
    card.shows("Snoozed by Lena Fischer")
    passes(slack, minutes=14)
    assert len(calls(lena)) == 1
    passes(slack, minutes=2)
    card.expects_reply("*PAY-1* is no longer snoozed")
    lena.replies(lena.dm.expects(TEXT), "can't take it")
    card.shows("Everyone was paged, and no one answered")


def test_a_silent_owner_is_asked_and_then_paging_starts_again(slack: BotWorkspace) -> None:
    with_rota(slack)
    to_monday(slack, "02:00")
    first, lena = on_call(slack), slack.person("lena")
    card = critical(slack)
    page = first.dm.expects(TEXT)
    first.presses(page, "Acknowledge")
    passes(slack, minutes=31)
    question = page.expects_reply("are you still working on *PAY-1*?")
    first.presses(question, "Still working")
    answered = question.shows(f"{first.full_name} is working on PAY-1")
    assert answered.buttons == []
    assert "If you don't answer" not in answered.words, "they have answered"
    passes(slack, minutes=15)
    card.shows(f"<@{first.id}> is on it")
    passes(slack, minutes=16)
    passes(slack, minutes=10)
    card.expects_reply(f"<@{first.id}> didn't answer about *PAY-1*")
    card.shows("Not acknowledged yet")
    assert len(calls(first)) == 2
    slack.triage.expects(TEXT).shows("Received")
    passes(slack, minutes=5)
    lena.presses(lena.dm.expects(TEXT), "Acknowledge")
    slack.person("maria").dm.expects("Thank you").expects_reply(f"<@{lena.id}> is looking")
    with slack.application.store.read() as tx:
        kinds = [e.kind for e in tx.tickets.list_events(1)]
    assert kinds.count(EventKind.OWNER_SILENT) == 1


def test_updates_restart_the_silence_and_a_question_to_the_reporter_pauses_it(slack: BotWorkspace) -> None:
    with_rota(slack)
    to_monday(slack, "02:00")
    first = on_call(slack)
    critical(slack)
    app = slack.triage.expects(TEXT)
    page = first.dm.expects(TEXT)
    first.presses(page, "Acknowledge")
    for words in ("The database is down", ">> We are restarting it"):
        passes(slack, minutes=29)
        first.replies(app, words)
        eventually(lambda: silence_left(slack) > timedelta(minutes=29), "the new silence")
    first.presses(app.now(), "more:waiting")
    first.modal().fills(question="Does it work now?").submits()
    passes(slack, hours=5)
    assert not [m for m in page.thread() if "are you still working on" in m.words]
    slack.person("maria").replies(slack.person("maria").dm.expects("Thank you"), "No")
    app.shows("*Acknowledged*")
    passes(slack, minutes=31)
    page.expects_reply("are you still working on *PAY-1*?")


def test_a_repeated_step_pages_the_next_shift_after_a_change(slack: BotWorkspace) -> None:
    with_rota(slack, repeat=None)
    to_monday(slack, "08:50")
    first = on_call(slack)
    critical(slack)
    passes(slack, minutes=5)
    passes(slack, minutes=10)  # it is 9:05
    second = on_call(slack)
    assert second.id != first.id
    assert (len(calls(first)), len(calls(second))) == (1, 1)


def refused(slack: BotWorkspace) -> set[str]:
    """The lanes whose first message was refused by Slack, as is noted by now."""
    with slack.application.store.read() as tx:
        waiting = tx.message_archive.list_newest([MessageState.WAITING])
    return {one.lane for one in waiting if one.error == "ratelimited"}


def test_unsent_pages_of_a_resolved_ticket_are_never_sent(slack: BotWorkspace) -> None:
    """It is resolved between the due step and its message, so pages that wait for Slack are cancelled."""
    with_rota(slack, repeat=None)
    to_monday(slack, "02:00")
    first, lena = on_call(slack), slack.person("lena")
    card = critical(slack)
    slack.fails("chat.postMessage", times=1000, retry_after=30)
    slack.control.post("clock", advance=5 * 60)
    eventually(lambda: called(slack, lena), "the call to lena")
    eventually(lambda: refused(slack) >= {f"page:1:{lena.id}", "oncall:1:0"}, "Slack's refusals")
    slack.person("jo").opens("/hypercare resolve PAY-1").fills(
        test="Tried", fix="root_cause", explanation="Restarted"
    ).submits()
    slack.control.delete("faults")
    slack.control.post("clock", advance=60)
    card.shows("Resolved")
    passes(slack, hours=3)
    assert calls(lena) == []
    assert len(calls(first)) == 1
    slack.person("maria").presses(
        slack.person("maria").dm.expects("Thank you").expects_reply("Is this fixed?"), "Still broken"
    )
    slack.person("maria").modal().fills(why="Again").submits()
    eventually(lambda: len(calls(first)) == 2, "a call for the one that was reopened")


def silence_left(slack: BotWorkspace) -> timedelta:
    """How much longer the owner may be silent."""
    with slack.application.store.read() as tx:
        e = tx.escalations.find_newest(1)
    assert e is not None
    assert e.next_at is not None
    return e.next_at - slack.application.context.now()


def called(slack: BotWorkspace, person: Person) -> bool:
    with slack.application.store.read() as tx:
        return any(page.person == person.id for page in tx.escalations.list_pages(1))


@pytest.mark.core
def test_of_two_who_acknowledge_at_once_one_becomes_the_owner(slack: BotWorkspace) -> None:
    with_rota(slack)
    to_monday(slack, "02:00")
    card = critical(slack)
    slack.fails("chat.update", times=-1, status=503)  # both still see the button, as two people at once do
    slack.person("jo").presses(card, "Acknowledge")
    slack.person("ravi").presses(card, "Acknowledge")
    slack.control.delete("faults")
    slack.control.post("clock", advance=120)
    card.shows(f"<@{slack.user_id('jo')}> is on it")
    assert any("is already acknowledged" in w for w in slack.person("ravi").whispers("hypercare-oncall"))


def test_everyone_may_escalate_with_a_reason(slack: BotWorkspace) -> None:
    with_rota(slack)
    to_monday(slack, "02:00")
    first, lena = on_call(slack), slack.person("lena")
    slack.person("maria").reports("Slow page", "low")
    app = slack.triage.expects("Slow page")
    modal = slack.person("tom").opens("/hypercare escalate PAY-1")
    modal.fills(reason="Payday is tomorrow").submits()
    page = first.dm.expects("Slow page")
    assert "Payday is tomorrow" in page.words
    assert "PAY-1 (escalated)" in page.raw["text"]
    app.shows("escalated it: Payday is tomorrow")
    passes(slack, minutes=5)
    lena.presses(lena.dm.expects("Slow page"), "Acknowledge")
    app.shows("Acknowledged")


def test_a_private_ticket_pages_only_its_leads(slack: BotWorkspace) -> None:
    with_rota(slack, repeat=None)
    to_monday(slack, "02:00")
    slack.person("maria").reports("I can see all salaries", "critical", type="security")
    lena = slack.person("lena")
    lena.dm.expects("I can see all salaries")
    passes(slack, minutes=5)
    passes(slack, minutes=10)
    for name in ("sam", "yuki", "jo"):
        assert [m for m in slack.person(name).dm.messages() if "salaries" in m.words] == []
    assert slack.channel("hypercare-oncall").messages() == []
    assert len([m for m in lena.dm.messages() if "salaries" in m.words]) >= 2


def test_a_restart_at_every_step_changes_nothing(slack: BotWorkspace) -> None:
    with_rota(slack, repeat=1)
    to_monday(slack, "02:00")
    first, lena = on_call(slack), slack.person("lena")
    card = critical(slack)
    for minutes in (5, 10, 5, 10):
        slack.stop_bot()
        slack.control.post("clock", advance=minutes * 60)
        slack.start_bot()
        passes(slack, seconds=1)
    card.shows("Everyone was paged, and no one answered")
    assert (len(calls(first)), len(calls(lena))) == (2, 2)


@pytest.mark.long
def test_many_criticals_within_a_minute_are_a_few_messages(slack: BotWorkspace) -> None:
    with_rota(slack)
    to_monday(slack, "02:00")
    first, lena, oncall = on_call(slack), slack.person("lena"), slack.channel("hypercare-oncall")
    for number in range(60):  # more than a message counts
        report = Report(summary=f"Down {number}", severity=Severity.CRITICAL)
        intake.open_ticket(
            slack.application.context, report, person=Who(slack.user_id("maria")), intake=Intake.COMMAND, quiet=False
        )
    many = first.dm.expects("more* tickets")
    slack.control.post("clock", advance=300)  # and the next step of each
    lena.dm.expects("more* tickets")
    first.presses(many.now(), "Acknowledge all")
    eventually(lambda: waiting(slack, first) == 0, "an owner for each of them", patience=60)
    slack.control.post("clock", speed=5)  # Slack lets one message a second be changed, and theirs are not the first
    many.shows("All of these tickets have an owner now")
    for person in (first, lena):
        assert len([m for m in person.dm.messages() if "Down" in m.words]) <= 4
    assert len(oncall.messages()) <= 8


def test_an_anonymous_reporter_escalates_anonymously(slack: BotWorkspace) -> None:
    with_rota(slack)
    to_monday(slack, "02:00")
    maria = slack.person("maria")
    maria.reports("Wrong salaries", "low", anonymous="yes")
    maria.opens("/hypercare escalate PAY-1").fills(reason="It is about money").submits()
    page = on_call(slack).dm.expects("Wrong salaries")
    assert "Escalated by the reporter: It is about money" in page.words
    slack.quiet()
    for message in (*slack.triage.messages(), *slack.channel("hypercare-oncall").messages(), page):
        assert maria.id not in message.words


def test_a_policy_without_a_silence_limit_never_asks(slack: BotWorkspace) -> None:
    with_rota(slack, silence="none")
    to_monday(slack, "02:00")
    first = on_call(slack)
    critical(slack)
    page = first.dm.expects(TEXT)
    first.presses(page, "Acknowledge")
    passes(slack, hours=20)
    assert not [m for m in page.thread() if "are you still working on" in m.words]


def test_the_shift_changes_once_in_the_night_of_a_clock_change(slack: BotWorkspace) -> None:
    """The hand-over is at half past two, which that night does not have: it is at half past three."""
    people = (slack.user_id("sam"), slack.user_id("yuki"))
    rota = Rota(name="primary", layers=(Layer(people=people, turn="daily", hand_over="02:30", since=date(2026, 1, 1)),))
    steps = (EscalationStep(targets=("oncall",), wait="5m"),)
    applied(slack, oncall={"rotas": (rota,), "policies": (EscalationPolicy(name="all", steps=steps),)})
    slack.control.post("clock", to="2027-03-28T00:50:00+00:00")  # ten to two in Berlin
    passes(slack, seconds=1)
    first = on_call(slack)
    critical(slack)
    for minutes in (5, 5, 5, 5):  # ten past three: the second hour of that night is left out
        passes(slack, minutes=minutes)
    assert len(calls(first)) == 5
    assert on_call(slack).id == first.id
    passes(slack, minutes=21)
    second = on_call(slack)
    assert second.id != first.id
    slack.channel("hypercare-oncall").expects(f"<@{second.id}>")
    assert len(calls(second)) == 1
    passes(slack, hours=20)
    assert on_call(slack).id == second.id


def test_a_new_severity_starts_its_own_policy(slack: BotWorkspace) -> None:
    high = EscalationPolicy(name="high", severities=("high",), steps=(EscalationStep(targets=(slack.user_id("jo"),)),))
    top = EscalationPolicy(
        name="top", severities=("critical",), steps=(EscalationStep(targets=(slack.user_id("sam"),)),)
    )
    applied(slack, oncall={"policies": (high, top)})
    slack.person("maria").reports("Slow page", "high")
    slack.person("jo").dm.expects("Slow page")
    lena = slack.person("lena")
    lena.presses(slack.triage.expects("Slow page"), "more:severity")
    lena.modal().fills(severity="critical").submits()
    slack.person("sam").dm.expects("Slow page")
    with slack.application.store.read() as tx:
        assert [e.policy.name for e in tx.escalations.list_live(1)] == ["top"]


def test_only_the_owner_can_snooze(slack: BotWorkspace) -> None:
    with_rota(slack)
    to_monday(slack, "02:00")
    card = critical(slack)
    first = on_call(slack)
    first.presses(first.dm.expects(TEXT), "Acknowledge")
    card.shows("is on it")
    slack.person("jo").presses(card.now(), "Snooze")
    assert any("only they can snooze it" in w for w in slack.person("jo").whispers("hypercare-oncall"))
    first.presses(card.now(), "Snooze")
    card.shows(f"Snoozed by {first.full_name}")


def test_the_person_who_works_on_an_escalating_ticket_becomes_its_owner(slack: BotWorkspace) -> None:
    with_rota(slack)
    to_monday(slack, "02:00")
    card = critical(slack)
    slack.person("jo").presses(card, "Acknowledge")
    card.shows(f"<@{slack.user_id('jo')}> is on it")
    slack.person("tom").opens("/hypercare escalate PAY-1").fills(reason="It is worse").submits()
    card.shows("Not acknowledged yet")
    slack.person("ravi").opens("/hypercare status PAY-1").fills(status="fixing").submits()
    card.shows(f"<@{slack.user_id('ravi')}> is on it")


def test_a_channel_of_the_policy_gets_a_card_that_is_updated(slack: BotWorkspace) -> None:
    steps = (EscalationStep(targets=("leads", slack.channel_id("general"))),)
    applied(slack, oncall={"policies": (EscalationPolicy(name="all", steps=steps),)})
    critical(slack)
    card = slack.channel("general").expects(TEXT)
    slack.person("lena").reacts(card, "eyes")
    card.shows(f"<@{slack.user_id('lena')}> is on it")


def test_an_edited_reply_to_a_page_is_edited_in_the_triage_channel(slack: BotWorkspace) -> None:
    with_rota(slack)
    to_monday(slack, "02:00")
    critical(slack)
    first = on_call(slack)
    page = first.dm.expects(TEXT)
    ts = first.replies(page, "It is the dtabase")
    said = slack.triage.expects(TEXT).expects_reply("It is the dtabase")
    first.edits(page.channel, ts, "It is the database")
    said.shows("It is the database")
    slack.quiet()
    assert not [m for m in slack.person("maria").dm.expects("Thank you").thread() if "database" in m.words]


def test_a_reporter_hears_of_pages_only_where_people_are_paged(slack: BotWorkspace) -> None:
    steps = (EscalationStep(targets=("leads",), wait="10m"),)
    applied(slack, oncall={"policies": (EscalationPolicy(name="high", steps=steps, severities=("high",)),)})
    maria = slack.person("maria")
    maria.reports("Nobody can log in", "critical")
    maria.reports("Totals are wrong", "high")
    assert "We're paging the people on call" in maria.dm.expects("Totals are wrong").words
    assert "paging" not in maria.dm.expects("Nobody can log in").words


def test_a_page_says_what_is_wrong_who_said_so_and_since_when(slack: BotWorkspace) -> None:
    with_rota(slack, repeat=None)
    to_monday(slack, "02:00")
    maria, first = slack.person("maria"), on_call(slack)
    maria.reports("Nobody can start the pay run", "critical", module="Payslips", happened="No one is paid on Friday")
    page = first.dm.expects("Nobody can start the pay run")
    for words in ("Reported by Maria Keller <!date^", "Payslips", "No one is paid on Friday"):
        assert words in page.words, words
    passes(slack, minutes=6)
    passes(slack, minutes=11)
    again = page.expects_reply("still hasn't been acknowledged.")
    assert "pay run still" not in again.words, "the summary is no part of the sentence"
    slack.person("lena").presses(slack.person("lena").dm.expects("Nobody can start"), "Acknowledge")
    page.shows("is on it")
