"""Pulse surveys from the invitation to the results, over simulated weeks in four time zones."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.services.operations import erasure
from bot.services.phases import phases
from bot.services.pulse import answers as answering
from domain.errors import Refused
from domain.phases.permissions import Person as Who
from domain.phases.phase import Phase
from domain.pulse.settings import Occasion, Pulse, Readers, Segment
from domain.pulse.wave import Wave, WaveState
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.days import passes, to_monday
from tests.support.oncall import applied
from tests.support.people import Message, Person

ZONES = {"maria": "Europe/Berlin", "tom": "America/New_York", "jo": "Asia/Tokyo", "ann": "Australia/Sydney"}
FIRST = "How satisfied are you"


def with_pulse(slack: BotWorkspace, **more: object) -> Phase:
    """Give the phase a weekly pulse for the members of the intake channels, on Tuesdays at ten."""
    given = {"occasion": Occasion.SCHEDULE, "days": "FREQ=WEEKLY;BYDAY=TU", "threshold": 3, "comments": 3, **more}
    return applied(slack, pulse={"pulses": (Pulse(name="weekly", **given),)})  # type: ignore[arg-type]


def waves(slack: BotWorkspace) -> list[Wave]:
    """Return the waves, newest first."""
    with slack.application.store.read() as tx:
        return tx.waves.list_of_phase(phases.get_phase(slack.application.context, "PAY").id)


def opened(slack: BotWorkspace) -> Wave:
    return eventually(lambda: next((w for w in waves(slack) if w.state is WaveState.OPEN), None), "an open wave")


def begins(slack: BotWorkspace) -> Wave:
    """Go to Tuesday, ten o'clock in the phase's time zone."""
    to_monday(slack, "09:00")
    passes(slack, hours=25)
    return opened(slack)


def invitations(person: Person) -> list[Message]:
    """Return the invitations and reminders that a person got."""
    first = [m for m in person.dm.messages() if FIRST in m.words]
    return first + [reply for m in first for reply in m.thread() if "Answer with one tap" in reply.words]


def everyone(slack: BotWorkspace) -> list[Person]:
    return [slack.person(name) for name in ("maria", "tom", "jo", "ravi", "lena", "sam", "yuki", "ann", "admin")]


def asked(slack: BotWorkspace) -> int:
    with slack.application.store.read() as tx:
        return sum(tx.waves.count_asked(waves(slack)[0].id).values())


def a_day_passes(slack: BotWorkspace) -> None:
    """Let a day pass, and wait until all due invitations and reminders are sent."""
    passes(slack, hours=24)
    eventually(lambda: not due(slack), "due invitations to be sent")
    slack.quiet()


def due(slack: BotWorkspace) -> bool:
    with slack.application.store.read() as tx:
        return bool(tx.waves.list_gathering() or tx.waves.list_due_invitations(slack.application.context.now(), 1))


def all_asked(slack: BotWorkspace) -> None:
    """Wait until each person has been asked."""
    a_day_passes(slack)
    assert asked(slack) == len(everyone(slack))


def answers(person: Person, label: str) -> Message:
    (message,) = [m for m in person.dm.messages() if FIRST in m.words]
    person.presses(message, label)
    return message


def closes(slack: BotWorkspace) -> Wave:
    wave = waves(slack)[0]
    slack.control.post("clock", to=(wave.closes_at + timedelta(seconds=1)).isoformat())
    return eventually(lambda: next((w for w in waves(slack) if w.id == wave.id and w.result), None), "a closed wave")


@pytest.mark.core
def test_each_person_is_asked_once_at_ten_in_their_time_zone(slack: BotWorkspace) -> None:
    for name, zone in ZONES.items():
        slack.control.post("person", user=name, tz=zone)
    with_pulse(slack)
    begins(slack)
    maria, tom, jo, ann = (slack.person(name) for name in ZONES)
    maria.dm.expects(FIRST)
    slack.quiet()
    assert [len(invitations(p)) for p in (tom, jo, ann)] == [0, 0, 0]
    passes(slack, hours=5)  # ten o'clock in New York is four in the afternoon in Berlin, before the clocks change
    passes(slack, hours=1)
    tom.dm.expects(FIRST)
    slack.quiet()
    assert [len(invitations(p)) for p in (jo, ann)] == [0, 0]
    passes(slack, hours=18)
    jo.dm.expects(FIRST)
    ann.dm.expects(FIRST)
    slack.stop_bot()
    slack.start_bot()
    passes(slack, hours=1)
    slack.quiet()
    assert [len(invitations(p)) for p in everyone(slack)] == [1] * 9
    assert invitations(slack.person("gil")) == []


def test_one_tap_answers_and_can_be_changed_until_the_wave_closes(slack: BotWorkspace) -> None:
    with_pulse(slack)
    wave = begins(slack)
    maria = slack.person("maria")
    message = maria.dm.expects(FIRST)
    maria.presses(message, "4")
    message.shows("You answered")
    maria.presses(message.now(), "More questions")
    form = maria.modal().fills(**{"pulse_q:ease": "6", "pulse_q:needs": "5", "pulse_q:else": "The export is great"})
    form.submits()
    with slack.application.store.read() as tx:
        ((segment, given),) = tx.responses.list_answers(wave.id)
        (comment,) = tx.responses.list_comments(wave.id)
    assert (segment, given) == ("Everyone", {"satisfaction": 4, "ease": 6, "needs": 5})
    assert comment.text == "The export is great"
    maria.presses(message.now(), "More questions")
    maria.modal().fills(**{"pulse_q:satisfaction": "5"}).submits()
    with slack.application.store.read() as tx:
        assert [given["satisfaction"] for _, given in tx.responses.list_answers(wave.id)] == [5]
    closes(slack)
    assert message.shows("is closed").buttons == []


def test_only_invited_people_may_answer(slack: BotWorkspace) -> None:
    people = tuple(map(slack.user_id, ("maria", "jo", "ravi")))
    with_pulse(slack, segments=(Segment(name="Payroll", people=people),))
    wave = begins(slack)
    slack.person("maria").dm.expects(FIRST)
    with pytest.raises(Refused, match="sent to another person"):
        answering.tap(slack.application.context, Who(slack.user_id("tom")), wave.id, "satisfaction", "1")
    with slack.application.store.read() as tx:
        assert tx.responses.count(wave.id) == 0


def test_only_people_who_have_not_answered_are_reminded_twice(slack: BotWorkspace) -> None:
    with_pulse(slack, open_days=16, occasion=Occasion.HAND)
    to_monday(slack, "09:30")
    slack.person("lena").types("/hypercare pulse now weekly")
    opened(slack)
    all_asked(slack)
    maria, tom = slack.person("maria"), slack.person("tom")
    answers(maria, "4")
    for _ in range(14):
        a_day_passes(slack)
    assert (len(invitations(maria)), len(invitations(tom))) == (1, 3)


def test_do_not_disturb_delays_an_invitation_and_leaving_cancels_it(slack: BotWorkspace) -> None:
    to_monday(slack, "09:00")
    slack.control.post("person", user="ann", deactivated=True)
    slack.control.post("person", user="tom", quiet=27 * 3600)
    with_pulse(slack)
    passes(slack, hours=25)
    slack.person("maria").dm.expects(FIRST)
    slack.quiet()
    assert invitations(slack.person("tom")) == []
    passes(slack, hours=3)
    slack.person("tom").dm.expects(FIRST)
    assert invitations(slack.person("ann")) == []


def test_the_pulse_budget_limits_invitations(slack: BotWorkspace) -> None:
    phase = with_pulse(slack, open_days=2)
    applied(slack, pulse={"budget": 2, "pulses": phase.pulse.pulses})
    begins(slack)
    for _ in range(3):
        a_day_passes(slack)
        passes(slack, days=5)  # in which nobody is asked anything
        a_day_passes(slack)
    assert len(waves(slack)) == 4
    with slack.application.store.read() as tx:
        since = (slack.application.context.now() - timedelta(days=28)).date()
        assert len(tx.waves.list_over_budget(since, 2)) == 9
        assert not tx.waves.list_over_budget(since, 3)


@pytest.mark.core
def test_results_show_confidence_bounds_and_hide_comments_of_few(slack: BotWorkspace) -> None:
    payroll, others = (("maria", "tom", "jo", "ravi"), ("lena", "sam", "yuki", "ann", "admin"))
    with_pulse(slack, segments=(Segment(name="Payroll", people=tuple(map(slack.user_id, payroll))),
                                Segment(name="Others", people=tuple(map(slack.user_id, others)))))  # fmt: skip
    begins(slack)
    all_asked(slack)
    digest, lena = slack.channel("hypercare-digest"), slack.person("lena")
    for person, score in zip(everyone(slack), "443544255", strict=True):
        answers(person, score if score not in "15" else f"{score} very satisfied")
    open_text = lena.types("/hypercare pulse results")["text"]
    assert "no results yet" in open_text
    wave = closes(slack)
    post = digest.expects("9 of 9 people answered")
    assert "78 %* satisfied (78 to 78, answers: 9)" in post.words  # a complete survey has no uncertainty
    assert "Payroll" in post.words
    assert "Others" in post.words
    assert wave.result
    assert wave.result.cells["Payroll"]["satisfaction"].n == 4
    passes(slack, hours=25)
    post.expects_reply("Fewer than 3 people wrote a comment")
    passes(slack, hours=24 * 2)
    opened(slack)
    answer = lena.types("/hypercare pulse")
    assert "A wave is open until" in str(answer)


@pytest.mark.core
def test_a_low_answer_offers_help_and_opens_a_ticket(slack: BotWorkspace) -> None:
    with_pulse(slack)
    wave = begins(slack)
    maria = slack.person("maria")
    message = maria.dm.expects(FIRST)
    maria.presses(message, "2")
    message.shows("Would you like help with it?")
    maria.presses(message.now(), "Open ticket")
    maria.modal().fills(summary="Payslips are late", severity="high").submits()
    card = slack.triage.expects("Payslips are late")
    assert "PAY-1" in card.words
    maria.presses(message.now(), "No, thanks")
    with slack.application.store.read() as tx:
        assert tx.waves.list_followups(wave.id) == [("named", 1)]  # one row a person


def test_the_form_adds_follow_up_questions_after_a_low_answer(slack: BotWorkspace) -> None:
    with_pulse(slack)
    begins(slack)
    maria = slack.person("maria")
    message = maria.dm.expects(FIRST)
    maria.presses(message, "4")
    maria.presses(message.now(), "More questions")
    assert "What should we improve?" not in maria.modal().words
    slack.control.post("action", user="maria", view=True, action_id="pulse_q:ease", value="2")
    assert "What should we improve?" in maria.modal().words
    after = maria.modal().fills(**{"pulse_q:why": "Fewer clicks"}).submits()
    assert "Would you like help with it?" in str(after)


def test_reporters_are_asked_after_a_resolution(slack: BotWorkspace) -> None:
    applied(
        slack,
        pulse={
            "pulses": (
                Pulse(name="solved", template="resolved", occasion=Occasion.RESOLVED, anonymous=False, open_days=7),
            )
        },
    )
    to_monday(slack, "09:00")
    maria = slack.person("maria")
    maria.reports("Slow page")
    card = slack.triage.expects("Slow page")
    jo = slack.person("jo")
    jo.presses(card, "Acknowledge")
    jo.presses(card.now(), "Resolve")
    jo.modal().fills(fix="root_cause", test="Tried", explanation="Restarted").submits()
    a_day_passes(slack)
    passes(slack, hours=2)
    maria.dm.expects("How satisfied are you with the way your problem was solved?")


def test_guests_are_not_asked_after_a_resolution(slack: BotWorkspace) -> None:
    applied(
        slack,
        pulse={"pulses": (Pulse(name="solved", template="resolved", occasion=Occasion.RESOLVED, anonymous=False),)},
    )
    to_monday(slack, "09:00")
    gil, jo = slack.person("gil"), slack.person("jo")
    gil.reports("Slow page")
    card = slack.triage.expects("Slow page")
    jo.presses(card, "Acknowledge")
    jo.presses(card.now(), "Resolve")
    jo.modal().fills(fix="root_cause", test="Tried", explanation="Restarted").submits()
    a_day_passes(slack)
    a_day_passes(slack)
    assert not [m for m in gil.dm.messages() if "solved" in m.words]


def test_a_lead_sets_up_previews_and_starts_a_pulse(slack: BotWorkspace) -> None:
    to_monday(slack, "09:00")
    lena, maria = slack.person("lena"), slack.person("maria")
    refused = maria.types("/hypercare pulse new")["text"]
    assert "leads" in refused
    lena.opens("/hypercare pulse new").fills(name="floor", template="weekly", occasion="hand", anonymous="yes",
                                             readers="everyone", own="What should we do first?").submits()  # fmt: skip
    assert "Weekly pulse" in str(lena.types("/hypercare pulse preview floor"))
    assert "has started" in lena.types("/hypercare pulse now floor")["text"]
    passes(slack, hours=2)
    message = maria.dm.expects(FIRST)
    maria.presses(message, "4")
    maria.presses(message.now(), "More questions")
    assert "What should we do first?" in maria.modal().words
    assert "already open" in lena.types("/hypercare pulse now floor")["text"]


@pytest.mark.parametrize("readers", [Readers.LEADS, Readers.RESPONDERS])
def test_the_readers_setting_decides_who_gets_results(slack: BotWorkspace, readers: Readers) -> None:
    with_pulse(slack, readers=readers)
    begins(slack)
    all_asked(slack)
    for person in everyone(slack)[:4]:
        answers(person, "4")
    closes(slack)
    place = slack.person("lena").dm if readers is Readers.LEADS else slack.triage
    place.expects("4 of 9 people answered")
    assert "no results" not in slack.person("lena").types("/hypercare pulse results")["text"]
    assert "can see" in slack.person("maria").types("/hypercare pulse results")["text"]
    assert not [m for m in slack.channel("hypercare-digest").messages() if "people answered" in m.words]


def test_a_too_small_audience_is_not_asked_and_leads_are_told(slack: BotWorkspace) -> None:
    with_pulse(slack, segments=(Segment(name="Payroll", people=(slack.user_id("maria"), slack.user_id("tom"))),))
    to_monday(slack, "09:00")
    passes(slack, hours=25)
    slack.person("lena").dm.expects("an anonymous pulse needs 3")
    slack.quiet()
    assert invitations(slack.person("maria")) == []


def test_comments_are_shown_later_in_random_order_and_praise_is_delivered(
    slack: BotWorkspace,
) -> None:
    applied(slack, pulse={"pulses": (Pulse(name="end", template="end", threshold=3, comments=3),)})
    to_monday(slack, "09:30")
    slack.person("lena").types("/hypercare pulse now end")
    opened(slack)
    all_asked(slack)
    said = {"maria": "The export is slow", "tom": "Exports take too long", "jo": "I wait for the export"}
    for name, words in said.items():
        person = slack.person(name)
        message = answers(person, "4")
        person.presses(message.now(), "More questions")
        values = {"pulse_q:else": words}
        if name == "tom":
            values |= {"pulse_q:praise_who": slack.user_id("ravi"), "pulse_q:praise": "Ravi stayed until it worked"}
        person.modal().fills(**values).submits()
    closes(slack)
    post = slack.channel("hypercare-digest").expects("people answered")
    slack.quiet()
    ravi = slack.person("ravi")
    assert not [m for m in ravi.dm.messages() if "stayed until it worked" in m.words]
    assert not [r for r in post.thread() if "export" in r.text]
    passes(slack, hours=25)
    post.expects_reply("*export* · 3 people")
    praise = ravi.dm.expects("Ravi stayed until it worked")
    assert slack.user_id("tom") not in praise.words


def test_without_a_secret_a_scheduled_wave_does_not_start_and_admins_are_told(slack: BotWorkspace) -> None:
    slack.stop_bot()
    slack.settings = slack.settings.model_copy(update={"secret": None})
    slack.start_bot()
    with_pulse(slack)
    to_monday(slack, "09:00")
    passes(slack, hours=25)
    if slack.application.store.is_sqlite:  # it creates a secret beside its file
        opened(slack)
        return
    slack.person("lena").dm.expects("HYPERCARE_SECRET")
    assert waves(slack) == []


def test_two_weeks_in_four_time_zones_across_dst_and_a_restart(slack: BotWorkspace) -> None:
    """Each wave asks each person once at ten in their time zone; Berlin changes to DST at the end of March."""
    for name, zone in ZONES.items():
        slack.control.post("person", user=name, tz=zone)
    slack.control.post("clock", to="2027-03-22T08:00:00+00:00")  # a Monday; no wave is open yet
    phase = with_pulse(slack, open_days=2)
    applied(slack, pulse={"pulses": phase.pulse.pulses, "budget": 10})
    for week in range(2):
        monday = slack.application.context.now()
        passes(slack, hours=25)
        opened(slack)
        eventually(lambda: not due(slack), "due invitations to be sent")
        slack.quiet()
        for number, ten in enumerate(sorted({next_ten(slack, zone) for zone in ZONES.values()})):
            if week == 1 and number == 1:
                slack.stop_bot()
                slack.start_bot()
            for moment in (ten - timedelta(minutes=5), ten):
                goes_to(slack, moment)
                eventually(lambda: not due(slack), "due invitations to be sent")
                slack.quiet()
        assert asked(slack) == len(everyone(slack))
        goes_to(slack, monday + timedelta(days=7))
    assert len(waves(slack)) == 2
    for person in everyone(slack):
        zone = ZoneInfo(ZONES.get(person.name, "Europe/Berlin"))
        first = [m for m in person.dm.messages() if FIRST in m.words or "is closed" in m.words]
        at = [datetime.fromtimestamp(float(m.ts), zone) for m in first]
        assert len(first) == 2, person.name
        # The clock stops before ten and at ten in each time zone, and no person is asked before ten.
        assert all(10 <= moment.hour < 13 for moment in at), (person.name, at)


def next_ten(slack: BotWorkspace, zone: str) -> datetime:
    """A minute past the next ten o'clock in that time zone; where it is ten already, that of tomorrow."""
    now = slack.application.context.now().astimezone(ZoneInfo(zone))
    ten = now.replace(hour=10, minute=1)
    return (ten if now.hour < 10 else ten + timedelta(days=1)).astimezone(UTC)


def goes_to(slack: BotWorkspace, moment: datetime) -> None:
    passes(slack, seconds=(moment - slack.application.context.now()).total_seconds())


def test_simultaneous_taps_are_one_answer_and_all_count_at_closing(slack: BotWorkspace) -> None:
    """A tap during closing either counts or is refused."""
    with_pulse(slack)
    wave = begins(slack)
    all_asked(slack)
    app, people = slack.application.context, [Who(slack.user_id(p.name)) for p in everyone(slack)]

    def tap(who: Who, value: str) -> bool:
        try:
            answering.tap(app, who, wave.id, "satisfaction", value)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        twice = [pool.submit(tap, people[0], value) for value in "1234"]
        assert all(future.result() for future in twice)
        with slack.application.store.read() as tx:
            assert tx.responses.count(wave.id) == 1
        slack.control.post("clock", to=wave.closes_at.isoformat())
        racing = [pool.submit(tap, who, "5") for who in people[1:]]
        counted = 1 + sum(future.result() for future in racing)
    closed = eventually(lambda: next((w for w in waves(slack) if w.id == wave.id and w.result), None), "a closed wave")
    assert closed.result
    with slack.application.store.read() as tx:
        assert closed.result.answered == tx.responses.count(wave.id) == counted


def test_changing_a_pulse_keeps_settings_that_are_not_in_the_form(slack: BotWorkspace) -> None:
    group = str(slack.control.post("groups", handle="night-shift", users=["jo", "ravi", "sam"])["group"]["id"])
    floors = (Segment(name="Nights", people=(group,)), Segment(name="Days", people=(slack.user_id("maria"),)))
    with_pulse(slack, segments=floors, intro="Two minutes", sample=0.5)
    form = slack.person("lena").opens("/hypercare pulse edit weekly")
    assert not {"people", "name"} & {*form.fields}
    assert "is saved" in str(form.fills(intro="", open_days="6").submits())
    (pulse,) = phases.get_phase(slack.application.context, "PAY").pulse.pulses
    assert (pulse.segments, pulse.sample, pulse.intro, pulse.open_days) == (floors, 0.5, "", 6)


def test_a_new_pulse_never_changes_a_known_one(slack: BotWorkspace) -> None:
    with_pulse(slack, title="How is payroll?")
    begins(slack)
    lena = slack.person("lena")
    assert "There is a pulse weekly already" in lena.types("/hypercare pulse new weekly")["text"]
    form = lena.opens("/hypercare pulse new").fills(name="Weekly", template="end", occasion="hand", anonymous="yes",
                                                    readers="everyone")  # fmt: skip
    assert "/hypercare pulse edit weekly" in form.submits()["errors"]["name"]
    assert "A wave starts when a lead types" in str(form.fills(name="monthly").submits())
    weekly, _monthly = phases.get_phase(slack.application.context, "PAY").pulse.pulses
    assert weekly.title == "How is payroll?"


def test_a_lead_edits_a_listed_pulse_and_reads_what_was_saved(slack: BotWorkspace) -> None:
    applied(slack, pulse={"pulses": (Pulse(name="monthly"), Pulse(name="weekly", occasion=Occasion.SCHEDULE))})
    begins(slack)
    lena = slack.person("lena")
    listed = lena.types("/hypercare pulse edit")
    assert [block["accessory"]["value"] for block in listed["blocks"][1:]] == ["PAY:monthly", "PAY:weekly"]
    assert "no pulse daily" in lena.types("/hypercare pulse edit daily")["text"]
    said = str(lena.opens("/hypercare pulse edit weekly").fills(title="How is payroll?").submits())
    assert "The next wave starts" in said
    assert "It stays as it was started" in said
    assert {wave.pulse.title for wave in waves(slack)} == {"Weekly pulse"}


def test_erasing_a_person_includes_invitations_and_named_answers(slack: BotWorkspace) -> None:
    people_ = tuple(map(slack.user_id, ("maria", "tom", "jo")))
    with_pulse(slack, segments=(Segment(name="Payroll", people=people_),))
    begins(slack)
    slack.person("maria").dm.expects(FIRST)
    applied(slack, pulse={"pulses": ()})
    slack.quiet()
    erasure.erase(slack.application.context, slack.user_id("maria"))
    with slack.application.store.read() as tx:
        assert tx.people.find_remaining(slack.user_id("maria")) == []


def test_a_wave_waits_for_the_user_list_and_leads_are_told_at_its_end(slack: BotWorkspace) -> None:
    slack.fails("users.list", times=-1, error="internal_error")
    with_pulse(slack)
    to_monday(slack, "09:00")
    passes(slack, hours=25)
    assert [w.state for w in waves(slack)] == [WaveState.GATHERING]
    slack.control.post("clock", to=(waves(slack)[0].closes_at + timedelta(seconds=1)).isoformat())
    slack.person("lena").dm.expects("was not sent, because Slack did not return the list of members")
    assert [w.state for w in waves(slack)] == [WaveState.CLOSED]


def test_an_unreadable_channel_is_reported_and_the_others_are_asked(slack: BotWorkspace) -> None:
    secret = str(slack.control.post("channels", name="board", members=["ann"], is_private=True)["channel"]["id"])
    people_ = tuple(map(slack.user_id, ("maria", "tom", "jo")))
    with_pulse(slack, segments=(Segment(name="Board", channels=(secret,)), Segment(name="Payroll", people=people_)))
    begins(slack)
    slack.person("lena").dm.expects(f"was not sent to the members of <#{secret}>")
    slack.person("maria").dm.expects(FIRST)
    assert invitations(slack.person("ann")) == []
