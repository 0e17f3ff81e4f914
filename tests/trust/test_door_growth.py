"""What a door, a link, a Home or a timer works does not grow with the reports, or in proportion where it adds them up.

Function calls are counted, which are the same on each machine.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from bot.services.home import homes
from bot.services.operations import timers
from bot.services.reporting import phase_report
from domain.errors import Refused
from domain.phases.permissions import Person
from handlers.errors import answer
from tests.support.captured import counted_calls
from tests.trust import stages, world
from tests.trust.doors import DOORS
from tests.trust.faults import Fuse
from tests.trust.grown import grow
from tests.trust.stages import Make
from tests.trust.test_commit_points import TIMER_KINDS, _without_log_lines  # noqa: F401
from tests.trust.ways_in import READS
from tests.trust.world import JO, LENA, MARIA, World

FEW, MANY = 300, 1_500  # reports of four weeks, of which every other is open
MOST = 1.2 * MANY / FEW
A_ROW = 3  # calls, which reading one more report takes at least
KINDS = ("command", "action", "shortcut")  # a form or an event is about one ticket, or about nothing that it reads
ADDS_UP = "adds up all reports of the time that it is about"
OPEN_ACTIONS = "reads the open actions, of which a few may be shown to that person"
# What may work the more the more reports there are, and why.
IN_PROPORTION = {
    **dict.fromkeys((
        "command metrics", "command trends", "command exit", "command parties", "command agenda", "command pitfalls",
        "command postmortem", "action metrics", "action trends", "action exit", "action exit_sign",
        "action lessons_take", "action post_mortem", "action post_mortem_post", "action post_mortem_edit",
        "action draft_use_learned", "report page", "GET /wallboards/{token}", "timer agenda", "timer exit_check"),
        ADDS_UP),
    **dict.fromkeys((
        "command actions", "command actions mine", "action actions", "action action_add", "action action_edit",
        "action action_improve", "action api_propose", "action drop_view", "shortcut action_message",
        f"Home of {JO.id}", "timer action_check"), OPEN_ACTIONS),
    **dict.fromkeys(("command decisions", "action decisions"), "reads the open decisions"),
    **dict.fromkeys((
        "action merge", "action more_details", "action open_report_form", "action phase", "action session_text",
        "action summary", "action type", "action use_suggestion"), "compares with the reports that share its words"),
    "timer resumption": "asks again about all that waits",
}  # fmt: skip
Calls = dict[str, int]


def test_nothing_works_more_than_in_proportion_to_the_reports(tmp_path: Path) -> None:
    make = stages.sqlite(tmp_path / "world.db")
    few, many = (_worked(make, tmp_path, reports) for reports in (FEW, MANY))
    growing = {label for label, calls in many.items() if calls - few[label] > A_ROW * (MANY - FEW)}
    counts = {label: f"{label}: {few[label]:,} calls over {FEW:,} reports, {many[label]:,} over {MANY:,}"
              for label in growing}  # fmt: skip
    unknown = sorted(growing - {*IN_PROPORTION})
    assert not unknown, "\n".join(["Read less, or add the reason to IN_PROPORTION.", *map(counts.__getitem__, unknown)])
    assert {*IN_PROPORTION} - many.keys() == set(), "it is gone, so delete it in IN_PROPORTION"
    faster = [counts[label] for label in sorted(growing) if many[label] > MOST * few[label]]
    assert not faster, "\n".join(faster)


def _worked(make: Make, folder: Path, reports: int) -> Calls:
    """Return how many functions each door, link, Home and timer calls over so many reports."""
    fuse, found = Fuse(), Calls()
    with make(fuse) as made:
        timers.set_up(made.app)
        fuse.undoes = True
        requests = [(door, door.request(made)) for door in DOORS if door.kind in KINDS]
        fuse.undoes = False
        grow(made, reports)
        fuse.undoes = True
        for door, request in requests:
            found[door.label] = _count(partial(answer, door.handler, made.app, request), door.label)
        for person in (MARIA, JO, LENA):
            found[f"Home of {person.id}"] = _count(partial(_draw_home, made, person))
        found["report page"] = _count(partial(phase_report.report, made.app, "PAY"), "report page")
        fuse.undoes = False
        for way, begin in READS.items():
            found[way] = _count(partial(begin(made), made))
        grown = stages.kept(made, folder / f"{reports}.db")
    for kind, prepare in TIMER_KINDS.items():
        with grown(Fuse()) as made:
            prepare(made)
            world.only_timer(made, kind)
            found[f"timer {kind}"] = _count(partial(timers.run_due, made.app))
    return found


def _draw_home(made: World, person: Person) -> None:
    with made.app.store.read() as tx:
        homes.draw_home(tx, person, made.app.now())


def _count(use: Callable[[], object], label: str = "") -> int:
    with suppress(Refused):  # a refusal is an answer too
        if label in IN_PROPORTION:
            use()  # what is calculated once and kept is no part of it
    with counted_calls() as calls, suppress(Refused):
        use()
    return calls[0]
