"""The script of the story is sound: everybody exists, every scene can be played, and the numbers are as promised."""

import struct
import zlib
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from sandbox.cast import CHANNELS, PEOPLE
from sandbox.story import names, opening
from sandbox.story.actions import ACTIONS, AGAIN, REACTS
from sandbox.story.calendar import FULL_WEEKS, LAST, ZONE, first_monday, moment, read_time
from sandbox.story.ending import ENDING
from sandbox.story.pictures import HEIGHT, WIDTH, screenshot
from sandbox.story.script import Script, read_script
from sandbox.story.stage import Stage
from sandbox.story.watch import Watch
from sandbox.story.ways import SAID, WAYS

MODULES = {"Payslips", "Pay run", "Time sheets", "Self service", "Bank export", "Login", "Reports"}
TYPES = {"bug", "performance", "usability", "training_gap", "feature_request", "security", "question", "praise"}
REASONS = {"low_impact", "needs_redesign", "next_release", "other"}
TEAM = {"jo", "ravi", "lena", "sam", "yuki"}
LEAD = "lena"
OPEN = {"received", "acknowledged", "investigating", "fixing", "waiting"}
WORKING = OPEN - {"received"}
# verb: (the statuses it may start from, the status it leads to, None = it stays)
MOVES = {
    "acknowledge": ({"received"}, "acknowledged"),
    "eyes": ({"received"}, "acknowledged"),
    "take": (OPEN, None), "note": (OPEN, None), "tell": (OPEN, None), "reply": (OPEN | {"resolved", "verified"}, None),
    "tell_all": (OPEN, None), "promise": (OPEN, None),
    "investigating": (OPEN - {"investigating"}, "investigating"), "fixing": (OPEN - {"fixing"}, "fixing"),
    "severity": (WORKING, None), "assign": (OPEN, None), "wait": (OPEN, "waiting"), "defer": (OPEN, "deferred"),
    "resolve": (OPEN, "resolved"), "confirm": ({"resolved"}, "verified"), "reject": ({"resolved"}, "investigating"),
    "reopen": ({"verified", "deferred"}, "investigating"), "withdraw": (OPEN, "withdrawn"),
    "metoo": (OPEN | {"verified"}, None), "recognises": (OPEN, None),
    "edits": (OPEN, None), "cannot_check": ({"resolved"}, None), "works": ({"resolved"}, "verified"),
    "opens_war_room": (OPEN, None), "staffs_war_room": (OPEN, None), "gathers": (OPEN | {"resolved"}, None),
    "in_war_room": (OPEN, None), "wraps_up": (OPEN | {"resolved"}, None),
    "merge": (OPEN, "merged"), "close": (OPEN, "withdrawn"), "escalate": (OPEN, None),
}  # fmt: skip
WEEK = timedelta(days=7)
MACHINE, GATEWAY = "machine", "gateway"  # the way of what a machine reports, and the only one of the story


@pytest.fixture(scope="module")
def script():
    return read_script(date(2026, 11, 16))


def everybody(script: Script):
    return {p.name for p in PEOPLE} | {p["name"] for p in script.people}


def work_of(script: Script):
    """The tickets that are to be worked on: praise is thanked for and stays as it is."""
    return [ticket for ticket in script.tickets.values() if ticket.report.get("type") != "praise"]


def scenes_of(script: Script, ticket):
    """Everything that happens to a ticket, in both weeks."""
    return [s for s in script.scenes() if s.ticket == ticket.name and s.verb != "report"]


def verb_of(scene):
    """The verb of a scene; that of the command where one is typed."""
    return scene.words[0].partition(" ")[0] if scene.verb == "types" else scene.verb


def statuses(ticket, scenes):
    """Every status the ticket goes through in these scenes, by the rules of tickets."""
    now, before, first = "received", "acknowledged", TEAM
    seen = [now]
    for scene in scenes:
        if scene.verb == "writes" and scene.who == ticket.by:
            now = before if now == "waiting" else now
        elif scene.verb == "writes":
            now = "acknowledged" if now == "received" else now
        else:
            allowed, after = MOVES[verb_of(scene)]
            assert now in allowed, f"{ticket.name}: {scene.verb} while {now}"
            if scene.verb == "wait":
                before = "acknowledged" if now == "received" else now
            stays = "acknowledged" if now == "received" and scene.who in first else now
            now = after or stays
        seen.append(now)
    return seen


def test_the_numbers_are_as_promised(script):
    tickets = [one for one in script.tickets.values() if one.way != MACHINE]
    severities = Counter(t.report.get("severity", "medium") for t in tickets)
    assert len(tickets) == 68
    assert severities == {"critical": 4, "high": 15, "medium": 29, "low": 20}
    assert {t.report["type"] for t in tickets} == TYPES
    assert {t.way for t in tickets} == set(WAYS) - {MACHINE}
    assert len(script.tickets) == len(tickets) + 1, "and what the gateway sees"
    assert len(everybody(script)) == 15


def test_every_ticket_goes_legal_ways_and_ends_where_it_should(script):
    first = [t for t in work_of(script) if t.at < WEEK]
    ends = Counter(statuses(t, t.scenes)[-1] for t in first)
    assert sum(ends[s] for s in OPEN) == 22
    assert ends == {"verified": 22, "resolved": 7, "deferred": 6, "withdrawn": 2, "received": 5, "acknowledged": 5,
                    "investigating": 5, "fixing": 4, "waiting": 3}  # fmt: skip


def test_after_two_weeks_the_team_has_worked_off_nearly_everything(script):
    ends = Counter(statuses(t, scenes_of(script, t))[-1] for t in work_of(script))
    assert sum(ends[s] for s in OPEN) <= 3
    assert ends["verified"] >= 48
    assert ends["merged"] == 2


def test_everything_people_can_do_happens_once(script):
    typed = {verb_of(s) for s in script.scenes() if s.verb == "types"}
    assert {"merge", "close", "escalate", "thanks"} <= typed
    assert {s.verb for s in script.scenes()} == set(ACTIONS)
    assert {t.way for t in script.tickets.values()} == set(WAYS)


def test_some_come_back(script):
    back = [t.name for t in script.tickets.values() if any(s.verb in ("reject", "reopen") for s in t.scenes)]
    assert len(back) == 7


def test_names_are_unique_and_everybody_exists(script):
    scenes = script.scenes()
    assert len({t.name for t in script.tickets.values()}) == sum(s.verb == "report" for s in scenes)
    assert {s.who for s in scenes} <= everybody(script) | {GATEWAY}
    assert {s.verb for s in scenes} <= set(ACTIONS)
    assert set(ACTIONS) - {s.verb for s in scenes} == set(), "an action that is never used"


def test_everybody_does_only_what_they_may(script):
    for ticket in script.tickets.values():
        for scene in ticket.scenes:
            if scene.verb in ("confirm", "reject", "reopen", "withdraw"):
                assert scene.who == ticket.by, ticket.name
            elif scene.verb in ("defer", "assign"):
                assert scene.who == LEAD, ticket.name
            elif scene.verb == "edits" or verb_of(scene) == "escalate":
                assert scene.who == ticket.by, ticket.name
            elif scene.verb in ("metoo", "recognises"):
                assert scene.who not in {ticket.by, *TEAM}, ticket.name
            elif scene.verb != "writes":
                assert scene.who in TEAM, ticket.name
            if ticket.report.get("type") == "security":
                assert scene.who in (LEAD, ticket.by), f"{ticket.name} is private"


def test_scenes_are_in_order_and_within_the_week(script):
    for ticket in script.tickets.values():
        times = [ticket.at, *(s.at for s in ticket.scenes)]
        assert times == sorted(times), ticket.name
    last = script.scenes()[-1].at
    assert last <= WEEK + timedelta(days=4, hours=LAST.hour, minutes=LAST.minute)
    first = max(s.at for s in script.scenes() if s.at < WEEK)
    assert first <= timedelta(days=6, hours=LAST.hour, minutes=LAST.minute)
    assert script.scenes()[0].verb == "says"


def test_reports_fit_into_the_form(script):
    for ticket in (one for one in script.tickets.values() if one.way != MACHINE):
        report = ticket.report
        assert set(report) <= set(names.REPORT_FIELDS), ticket.name
        assert report["module"] in MODULES, ticket.name
        assert bool(ticket.says) == (ticket.way in ("message", *SAID)), ticket.name
        assert (ticket.filed_by in TEAM) == (ticket.way in ("reaction", "behalf")), ticket.name
        assert all(isinstance(report[k], str) for k in report if k != "files"), ticket.name
        if ticket.way == "mention":
            assert "summary" not in report, f"{ticket.name}: a mention's first line is its summary"
        else:
            assert report.get("severity"), ticket.name
            assert len(report.get("summary") or ticket.says.split("\n")[0]) <= 150, ticket.name


def test_the_words_fit_the_verbs(script):
    counts = {
        "resolve": {1, 2, 3},
        "promise": {2, 3},
        "defer": {2, 3},
        "severity": {2},
        "says": {2},
        "answers": {1, 3, 4},
        "types": {1, 2},
        "fills": {3},
        "opens": {1},
        "sends": {1},
        "why": {2, 3},
        "solves": {2},
        "in_war_room": {1, 2},
        "staffs_war_room": {3},
        "gathers": {2},
        "stands_up": {3},
    }
    one = {
        "note",
        "tell",
        "reply",
        "writes",
        "wait",
        "reject",
        "reopen",
        "assign",
        "recognises",
        "tell_all",
        "posts",
        "edits",
        "wraps_up",
        "follows",
    }
    for scene in script.scenes():
        expected = counts.get(scene.verb, {1} if scene.verb in one else {0})
        assert len(scene.words) in expected, scene
        if scene.verb == "defer":
            assert scene.words[0] in REASONS
        if scene.verb == "assign":
            assert scene.words[0] in TEAM


def test_chatter_is_in_channels_and_answers_something(script):
    said = set()
    for scene in script.scenes():
        if scene.verb == "says":
            channel, text = scene.words
            assert channel in {r.name for r in CHANNELS} == set(names.CHANNELS)
            answers = text.startswith(AGAIN) or REACTS.fullmatch(text)
            assert channel in said or not answers, scene
            said.add(channel)


def test_the_world_writes_in_many_scripts(script):
    words = str(script)
    assert "Åkesson" in words
    assert "Żółkowski" in words
    assert any("؀" <= letter <= "ۿ" for letter in words), "right to left"
    assert "🤒" in words


def test_people_talk_about_the_months_of_the_week_that_is_played(script):
    assert not [word for word in ("{last}", "{month}", "{next}", "{after}") if word in str(script)]
    assert "November payslip" in str(script)
    assert "shifts of February" in str(read_script(date(2026, 12, 7)))


def test_screenshots_are_real_pictures():
    png = screenshot("payslip-empty.png")
    assert png == screenshot("payslip-empty.png") != screenshot("other.png")
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == (WIDTH, HEIGHT)
    start = png.index(b"IDAT")
    size = struct.unpack(">I", png[start - 4 : start])[0]
    assert len(zlib.decompress(png[start + 4 : start + 4 + size])) == HEIGHT * (1 + 3 * WIDTH)


@pytest.mark.parametrize("hours", range(0, 24 * 15, 7))
def test_the_week_is_over_before_the_present(hours):
    now = datetime(2026, 10, 20, 3, 30, tzinfo=UTC) + timedelta(hours=hours)  # the clocks change on the 25th
    start = opening(now)
    monday = first_monday(start + timedelta(seconds=30))
    assert start.astimezone(ZONE).strftime("%a %H:%M") == "Mon 07:40"
    end = moment(monday, read_time("Sun 17:45"))
    assert end <= now < end + timedelta(days=7, hours=2)
    assert moment(monday, read_time("Sun 08:05")).astimezone(ZONE).strftime("%a %H:%M") == "Sun 08:05"


def test_a_sandbox_that_runs_in_the_present_plays_next_week():
    now = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
    assert first_monday(now).date().isoformat() == "2026-11-30"


def test_the_card_of_a_report_whose_scene_failed_is_not_taken_for_the_next_one(script):
    watch = Watch()
    stage = Stage(client=None, watch=watch, script=script, monday=datetime(2026, 11, 16, tzinfo=UTC))

    def card(number):
        element = {"type": "button", "action_id": names.REPLY, "value": number}
        blocks = [{"type": "actions", "elements": [element]}]
        return {"type": "message", "channel": "C0DESK", "message": {"ts": f"{number}.0", "blocks": blocks}}

    watch._note(card("7"))
    before = stage.cards()
    assert stage.new_card(before) is None
    watch._note(card("8"))
    assert stage.new_card(before) == (("C0DESK", "8.0"), "8")


def test_the_whole_story_ends_with_a_sign_off_and_a_relapse():
    """Everybody exists, every verb is one of a scene, and each day but a last weekend has one."""
    whole, first = read_script(date(2026, 11, 16), full=True), read_script(date(2026, 11, 16))
    added = [scene for scene in whole.scenes() if scene not in first.scenes()]
    assert {scene.who for scene in added} <= everybody(whole)
    assert {scene.verb for scene in added} <= {*ACTIONS, *ENDING}
    assert {scene.verb for scene in added} >= set(ENDING)
    assert {scene.at.days for scene in whole.scenes()} >= {*range(26), *range(28, 38)}
    assert max(scene.at for scene in added) < FULL_WEEKS * WEEK
    signed = [scene for scene in added if scene.words == ("exit PAY", "Sign")]
    assert [scene.who for scene in signed] == ["sam", "ann"]
    for ticket in whole.tickets.values():
        if ticket.name not in first.tickets:
            statuses(ticket, ticket.scenes)
    assert opening(datetime(2026, 3, 4, 12, tzinfo=UTC), FULL_WEEKS) == opening(datetime(2026, 1, 28, 12, tzinfo=UTC))
