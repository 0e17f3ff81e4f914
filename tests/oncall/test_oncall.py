"""Who is on call: the command, shift changes, swaps, overrides, test pages, and the user group that is kept equal."""

from datetime import date, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from domain.oncall.settings import Layer, Rota
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.days import BERLIN, passes, to_monday
from tests.support.oncall import applied, critical, on_call, with_rota
from tests.support.people import Person


def answer(given: dict[str, object]) -> str:
    return f"{given.get('text')} {given.get('blocks')}"


def other(slack: BotWorkspace, one: Person) -> Person:
    return slack.person("yuki" if one.name == "sam" else "sam")


def test_who_is_on_call_now_and_at_any_time(slack: BotWorkspace) -> None:
    with_rota(slack)
    to_monday(slack, "08:00")
    now = on_call(slack)
    then = other(slack, now)
    said = answer(slack.person("maria").types("/hypercare oncall"))
    assert f"primary: <@{now.id}>. This lasts until" in said
    assert "AAAA" in said
    assert "Swap" not in said  # she isn't a responder
    monday = slack.application.context.now().astimezone(BERLIN).date()
    assert f"<@{then.id}>" in answer(slack.person("maria").types(f"/hypercare oncall {monday} 10:00"))
    assert f"<@{now.id}>" in answer(slack.person("maria").types(f"/hypercare oncall {monday} 08:59"))
    assert "can't read “soonish” as a time" in answer(slack.person("maria").types("/hypercare oncall soonish"))


def test_a_shift_change_announces_what_is_taken_over(slack: BotWorkspace) -> None:
    with_rota(slack, silence="none")
    to_monday(slack, "08:00")
    before = on_call(slack)
    critical(slack, "Still broken")
    before.presses(before.dm.expects("Still broken"), "Acknowledge")
    passes(slack, hours=1)
    after = other(slack, before)
    note = slack.channel("hypercare-oncall").expects("is on call now (primary)")
    for words in (f"<@{after.id}>", f"<@{before.id}> is off call", "Still broken", f"<@{before.id}>"):
        assert words in note.words
    after.dm.expects("is on call now (primary)")
    passes(slack, hours=1)
    assert len([m for m in slack.channel("hypercare-oncall").messages() if "is on call now" in m.words]) == 1


def test_without_its_scope_a_user_group_is_refused_once_and_the_lead_and_the_rota_say_so(slack: BotWorkspace) -> None:
    slack.control.post("scopes", declined=["usergroups:write", "reactions:read", "files:read"])
    slack.control.post("groups", handle="oncall", users=["ann"])
    group = slack.control.get("state")["groups"][0]["id"]
    rota = Rota(name="primary", group=group, layers=(Layer(people=(slack.user_id("sam"),), since=date(2026, 1, 5)),))
    applied(slack, oncall={"rotas": (rota,)})
    slack.stop_bot()
    slack.start_bot()
    lena = slack.person("lena")
    lena.dm.expects("`usergroups:write` is not granted. Ask an admin to reinstall the app with it.")
    slack.quiet()
    asked = len(slack.calls("usergroups.users.update"))
    passes(slack, hours=2)
    assert len(slack.calls("usergroups.users.update")) == asked
    assert "no user group is kept equal to the people on call" in answer(lena.types("/hypercare oncall"))
    assert "reactions do nothing" in lena.opens("/hypercare setup PAY").words
    form = slack.person("maria").opens("/hypercare report").presses("more_details")
    assert "The team can't see files in this workspace" in form.words


@pytest.mark.parametrize(("path", "fields", "told"), [
    ("plan", {"apps_edit_groups": False}, "doesn't let apps edit user groups. Ask a workspace owner"),
    ("plan", {"plan": "free"}, "User groups need a paid plan"),
    ("groups", {"handle": "oncall", "disabled": True}, "was deleted or disabled. Enable it in Slack"),
])  # fmt: skip
def test_a_user_group_that_cannot_be_edited_is_told_once(
    slack: BotWorkspace, path: str, fields: dict[str, Any], told: str
) -> None:
    group = slack.control.post("groups", handle="oncall", users=["ann"])["group"]["id"]
    slack.control.post(path, **fields)
    rota = Rota(name="primary", group=group, layers=(Layer(people=(slack.user_id("sam"),), since=date(2026, 1, 5)),))
    applied(slack, oncall={"rotas": (rota,)})
    slack.person("lena").dm.expects(told)
    slack.quiet()
    asked = len(slack.calls("usergroups.users.update"))
    slack.control.post("groups", handle="oncall", name="On call now", disabled=bool(fields.get("disabled")))
    passes(slack, hours=2)
    assert len(slack.calls("usergroups.users.update")) == asked == 1


def test_a_user_group_contains_who_is_on_call(slack: BotWorkspace) -> None:
    slack.control.post("groups", handle="oncall", users=["ann"])
    group = slack.control.get("state")["groups"][0]["id"]
    rota = Rota(name="primary", group=group, layers=(
        Layer(people=(slack.user_id("sam"), slack.user_id("yuki")), since=date(2026, 1, 5)),))  # fmt: skip
    applied(slack, oncall={"rotas": (rota,)})

    def members() -> list[str]:
        return list(slack.control.get("state")["groups"][0]["users"])

    first = on_call(slack)
    eventually(lambda: members() == [first.id], "the group with the person on call")
    to_monday(slack, "09:30")
    passes(slack, days=7)
    eventually(lambda: members() == [on_call(slack).id], "the group with the person on call now")


def test_a_user_group_has_the_leads_while_no_one_is_on_call(slack: BotWorkspace) -> None:
    group = slack.control.post("groups", handle="oncall", users=["ann"])["group"]["id"]
    weekdays = Layer(people=(slack.user_id("sam"),), since=date(2026, 1, 5), days="mon tue wed thu fri")
    applied(slack, oncall={"rotas": (Rota(name="primary", group=group, layers=(weekdays,)),)})

    def members() -> list[str]:
        return list(slack.control.get("state")["groups"][0]["users"])

    to_monday(slack, "10:00")
    eventually(lambda: members() == [slack.user_id("sam")], "the group with the person on call")
    passes(slack, days=5)
    eventually(lambda: members() == [slack.user_id("lena")], "the group with the leads")
    slack.channel("hypercare-oncall").expects("Until then its user group has the leads.")
    passes(slack, days=2)
    eventually(lambda: members() == [slack.user_id("sam")], "the group with the person on call")


@pytest.mark.core
def test_a_swap_takes_effect_once_it_is_agreed(slack: BotWorkspace) -> None:
    with_rota(slack)
    to_monday(slack, "10:00")
    now = on_call(slack)
    then = other(slack, now)
    modal = now.opens("/hypercare oncall swap")
    fields = {b["block_id"]: b for b in modal.view["blocks"] if b["type"] == "input"}
    gives, takes = (fields[name]["element"]["options"] for name in ("gives", "takes"))
    errors = modal.fills(gives=gives[0]["value"], to=slack.user_id("jo"), takes=takes[0]["value"]).submits()
    assert errors["errors"] == {"takes": "This isn't a shift of that person. Choose one of theirs."}
    modal.fills(gives=gives[0]["value"], to=then.id, takes=takes[0]["value"]).submits()
    asked = then.dm.expects("asks you to swap shifts")
    assert on_call(slack).id == now.id
    then.presses(asked, "Agree")
    asked.shows("You agreed")
    now.dm.expects(f"{then.full_name} and <@{now.id}> swapped shifts")
    eventually(lambda: f"<@{then.id}> (instead of <@{now.id}>)" in answer(now.types("/hypercare oncall")), "the swap")
    slack.channel("hypercare-oncall").expects("is on call now (primary)")
    critical(slack, "This pages the other person")
    then.dm.expects("This pages the other person")
    modal = then.opens("/hypercare oncall swap")
    gives = next(b["element"]["options"] for b in modal.view["blocks"] if b["block_id"] == "gives")
    assert modal.fills(gives=gives[0]["value"], to=now.id).submits() == {"closed": True}
    unanswered = now.dm.expects("asks you to take their shift")
    passes(slack, days=7)
    assert unanswered.shows("The shift is over, so nothing has changed").buttons == []
    assert f"<@{now.id}> (instead of <@{then.id}>)" in answer(now.types("/hypercare oncall"))


def test_only_leads_put_other_people_on_call(slack: BotWorkspace) -> None:
    with_rota(slack)
    to_monday(slack, "10:00")
    start = slack.application.context.now() - timedelta(minutes=1)
    values = {"person": slack.user_id("ravi"), "starts": int(start.timestamp()), "ends": int(start.timestamp()) + 7200}
    rota = slack.person("jo").opens("/hypercare oncall override")
    assert "Only leads can put other people" in str(rota.fills(**values).submits()["errors"])
    form = slack.person("lena").opens("/hypercare oncall override")
    assert "ends before it begins" in str(form.fills(**{**values, "ends": values["starts"]}).submits()["errors"])
    assert form.fills(**values).submits() == {"closed": True}
    slack.channel("hypercare-oncall").expects(f"put <@{values['person']}> on call")
    critical(slack, "For ravi")
    slack.person("ravi").dm.expects("For ravi")
    passes(slack, hours=2)
    assert f"<@{on_call(slack).id}>. This lasts until" in answer(slack.person("jo").types("/hypercare oncall"))
    assert "Only leads can send test pages" in answer(slack.person("maria").types("/hypercare oncall test"))


def test_the_weekend_warning_lists_gaps_and_untested_people(slack: BotWorkspace) -> None:
    rota = Rota(name="primary", layers=(Layer(people=(slack.user_id("sam"),), days="mon tue wed thu fri"),))
    applied(slack, oncall={"rotas": (rota,)})
    to_monday(slack, "10:00")
    passes(slack, days=4, hours=3)
    said = slack.channel("hypercare-oncall").expects("Before the weekend")
    assert "No one is on call for primary from" in said.words
    assert f"<@{slack.user_id('sam')}> hasn't answered" in said.words
    slack.person("lena").presses(said, "Send tests")
    test = slack.person("sam").dm.expects("sent you a test page")
    slack.person("sam").presses(test, "Got it")
    eventually(
        lambda: (
            any("pages reach you" in w for w in slack.person("sam").whispers("@hypercare"))
            or "pages reach you" in test.now().words
        ),
        "the thanks",
    )
    slack.quiet()
    passes(slack, days=7)
    later = [m for m in slack.channel("hypercare-oncall").messages() if "Before the weekend" in m.words][-1]
    assert "hasn't answered" not in later.words


def test_a_calendar_feed_has_a_secret_address_per_person(slack: BotWorkspace) -> None:
    with_rota(slack)
    assert "aren't available here" in answer(slack.person("sam").types("/hypercare oncall feed"))
    slack.stop_bot()
    slack.settings = slack.settings.model_copy(update={"monitor_port": 0, "public_url": "https://desk.example"})
    slack.start_bot()
    said = answer(slack.person("sam").types("/hypercare oncall feed"))
    token = said.split("https://desk.example/oncall/")[1].split(".ics")[0]
    base = f"http://127.0.0.1:{slack.application.monitor.port}/oncall/"
    with urlopen(f"{base}{token}.ics") as feed:
        text = feed.read().decode()
        assert feed.headers["Cache-Control"] == "private, no-store"
    assert text.count("BEGIN:VEVENT") >= 5
    assert slack.user_id("sam") in text
    assert slack.user_id("yuki") not in text.replace(f"instead of {slack.user_id('yuki')}", "")
    with pytest.raises(HTTPError, match="404"):
        urlopen(f"{base}{token[::-1]}.ics")
    slack.person("sam").types("/hypercare oncall feed")
    with pytest.raises(HTTPError, match="404"):
        urlopen(f"{base}{token}.ics")


def test_the_app_home_shows_the_next_shift_open_pages_and_a_picture(slack: BotWorkspace) -> None:
    with_rota(slack)
    to_monday(slack, "02:00")
    first = on_call(slack)
    first.home()
    critical(slack, "Look at my home")
    eventually(lambda: "Pages waiting for your answer" in first.home(), "the page in the Home")
    assert "primary: you're on call now. This lasts until" in first.home()
    assert "AAAA" in first.home()
    slack.control.post("action", user=first.name, home=True, action_id="acknowledge:1")
    eventually(lambda: "Pages waiting" not in first.home(), "a Home without the page")
    assert "On call" not in slack.person("maria").home()
