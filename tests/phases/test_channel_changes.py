"""Channels that are archived, left, shared or given another id, and user groups that a plan doesn't have."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select, text

from bot.commands.doctor import examine
from bot.services.phases import phases
from storage.database.metadata import metadata
from storage.store import Store
from tests.phases.test_user_groups import group, name_group, pay, responding
from tests.support.bot import BotWorkspace
from tests.support.control import eventually


def test_the_leads_learn_what_stopped_once_and_what_waited_is_sent_when_it_works_again(slack: BotWorkspace) -> None:
    lena = slack.person("lena")
    slack.control.post("archive", channel="hypercare-desk")
    told = lena.dm.expects("was archived, so cards and the team's threads of PAY have stopped")
    assert "Unarchive it" in told.words
    slack.person("maria").reports("Slow page")
    eventually(lambda: not slack.triage.messages() and _dead(slack), "a card that can't be posted")
    slack.control.post("archive", channel="hypercare-desk", archived=False)
    slack.triage.expects("Slow page")
    lena.dm.expects("works again for PAY")
    assert len([m for m in lena.dm.messages() if "have stopped" in m.words]) == 1


def _dead(slack: BotWorkspace) -> int:
    with slack.application.store.read() as tx:
        return tx.message_archive.count_by_state()["dead"]


def test_a_private_channel_that_the_bot_left_is_told_once_though_slack_tells_it_twice(slack: BotWorkspace) -> None:
    slack.control.post("channel", channel="hypercare-oncall", private=True)
    slack.control.post("leave", user="hypercare", channel="hypercare-oncall")
    lena = slack.person("lena")
    lena.dm.expects("no longer has Hypercare in it, so cards of critical tickets and on-call news of PAY have stopped")
    names = lambda: {one["name"] for one in slack.control.get("deliveries", since=0)["deliveries"]}  # noqa: E731
    eventually(lambda: {"group_left", "member_left_channel"} <= names(), "both events")
    slack.quiet()
    assert len([m for m in lena.dm.messages() if "have stopped" in m.words]) == 1


def test_the_settings_follow_a_channel_to_its_new_id_also_after_the_next_start(slack: BotWorkspace) -> None:
    slack.person("maria").reports("Slow page")
    card = slack.triage.expects("Slow page")
    slack.quiet()
    old, new = slack.channel_id("hypercare-desk"), "C0NEWDESK00"
    slack.control.post("channel", channel="hypercare-desk", new_id=new)
    slack.person("lena").dm.expects(f"Slack gave <#{new}> a new id")
    assert pay(slack).triage_channel == new
    slack.person("jo").presses(card, "Acknowledge")
    card.shows("Acknowledged")
    slack.person("ravi").replies(card, ">> We see it too")
    slack.person("maria").dm.expects("Thank you").expects_reply("We see it too")
    slack.stop_bot()
    slack.start_bot()
    assert slack.settings.phase
    assert slack.settings.phase.triage_channel == old  # as the operator's file still says
    assert pay(slack).triage_channel == new
    slack.person("maria").reports("Another page")
    slack.triage.expects("Another page")


def test_what_was_under_way_when_an_id_changed_goes_on_under_the_new_one(slack: BotWorkspace) -> None:
    """A message on its way, a form that is open and a report from it: none of them brings the old id back."""
    old, new = slack.channel_id("hypercare-desk"), "C0NEWDESK00"
    intake, elsewhere = slack.channel_id("payroll-help"), "C0NEWHELP00"
    lena, maria = slack.person("lena"), slack.person("maria")
    form = lena.opens("/hypercare setup PAY")
    ts = maria.says("No payslip", "payroll-help")
    slack.control.post("shortcut", user="maria", callback_id="report_message", channel="payroll-help", ts=ts)
    slack.fails("chat.postMessage", channel="hypercare-desk", delay=1.0, times=1)
    slack.person("tom").reports("Slow page")
    eventually(lambda: not slack.control.get("faults")["faults"], "a card on its way")
    slack.control.post("channel", channel="hypercare-desk", new_id=new)
    slack.control.post("channel", channel="payroll-help", new_id=elsewhere)
    eventually(lambda: pay(slack).intake_channels == (elsewhere,), "the settings to follow")
    card = slack.triage.expects("Slow page")
    assert "is saved" in str(form.submits())
    assert maria.modal().fills(severity="high").submits() == {"closed": True}
    slack.triage.expects("No payslip")
    slack.person("jo").presses(card, "Acknowledge")
    card.shows("Acknowledged")
    slack.quiet()
    assert pay(slack).triage_channel == new
    kept = [(table, row) for table, row in _rows(slack) if old in row or intake in row]
    assert [one for one in kept if one[0] not in KEEPS_OLD_IDS and "a new id" not in one[1]] == []


@pytest.mark.shape("postgresql")
def test_a_refusal_at_the_moment_of_the_new_id_leads_to_sending_again(slack: BotWorkspace) -> None:
    old, new = slack.channel_id("hypercare-desk"), "C0NEWDESK00"
    slack.fails("chat.postMessage", channel="hypercare-desk", error="channel_not_found", delay=1.0, times=1)
    slack.person("tom").reports("Slow page")
    eventually(lambda: not slack.control.get("faults")["faults"], "a card on its way")
    store = slack.application.store
    with store.begin() as tx:
        tx.phases.insert_moved_channel(old, new, slack.application.context.now())
        tx.places.replace(old, new)
        eventually(lambda: _waits_for_a_lock(store), "the refusal, recorded before the new id is committed")
    eventually(lambda: any(call["args"]["channel"] == new for call in slack.calls("chat.postMessage")), "another try")
    eventually(lambda: _dead(slack), "a refusal of the new id, which this Slack has yet to give")
    slack.control.post("channel", channel="hypercare-desk", new_id=new)
    slack.triage.expects("Slow page")


def _waits_for_a_lock(store: Store) -> bool:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with store.read() as tx:
        return bool(tx.connection.scalar(waiting))


@pytest.mark.shape("postgresql")
def test_a_new_id_that_another_process_heard_of_is_known_here_too(slack: BotWorkspace) -> None:
    app = slack.application
    with app.store.begin() as tx:
        tx.phases.insert_moved_channel("C0OLD00000", "C0NEW00000", app.context.now())
    app.wake()
    eventually(lambda: app.context.moved_channels == {"C0OLD00000": "C0NEW00000"}, "the new id")


KEEPS_OLD_IDS = {"moved_channels", "audit", "rate_limits"}  # the last are buckets that run full and are deleted


def _rows(slack: BotWorkspace) -> Iterator[tuple[str, str]]:
    """Every row of every table, so that a place where an id is kept cannot be forgotten."""
    with slack.application.store.read() as tx:
        for table in metadata.sorted_tables:
            yield from ((table.name, str(tuple(row))) for row in tx.connection.execute(select(table)))


def test_renaming_and_sharing_are_told_only_where_it_matters(slack: BotWorkspace) -> None:
    lena = slack.person("lena")
    slack.control.post("channel", channel="hypercare-desk", name="payday-desk")
    slack.control.post("channel", channel="random", share_with="gil")
    slack.control.post("channel", channel="payday-desk", share_with="gil")
    told = lena.dm.expects("is shared with another company now")
    assert "cards and the team's threads" in told.words
    slack.quiet()
    assert len(lena.dm.messages()) == 1


def test_user_groups_of_a_free_plan_are_asked_about_once_an_hour_and_doctor_says_why(slack: BotWorkspace) -> None:
    made = group(slack, "payroll-team", ["jo"])
    slack.control.post("plan", plan="free")
    name_group(slack, made)

    def asked() -> int:
        return len(slack.calls("usergroups.users.list"))

    eventually(lambda: asked() == 1, "the question")
    for _ in range(3):
        slack.application.workers.group_members._told.set()
        slack.application.context.refresh_groups()
    slack.person("maria").reports("Slow page")
    slack.triage.expects("Slow page")
    assert asked() == 1
    [finding] = [one for one in examine(slack.settings) if made in one.text]
    assert not finding.well
    assert "paid plan" in finding.text
    slack.control.post("plan", plan="paid")
    slack.application.workers.group_members.forget_refusals()
    slack.application.context.refresh_groups()
    responding(slack, "jo")
    assert phases.get_phase(slack.application.context, "PAY").responder_people
