"""A wave to ten thousand people at the pace Slack allows, a critical meanwhile, and results of many answers."""

import json
import random
import time
from pathlib import Path

from bench.backlog import pages
from bench.databases import PHASE, app_on, new_database
from bench.rows import ROUNDS, Row, median, ms
from bot.services.phases import phases
from bot.services.pulse import pulses, results
from bot.workers.survey_sender import PAGE_SIZE
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings
from domain.pulse.pulse import with_template_defaults
from domain.pulse.results import calculate_result
from domain.pulse.settings import Pulse, Segment
from domain.pulse.wave import WaveState
from sandbox.model import User
from tests.support.bot import BotWorkspace, running
from tests.support.oncall import applied, changed

PEOPLE, AT_ONCE = 10_000, 50  # people, and those whose rest is asked for in one call
EVERY, BURST = 3.0, 12  # seconds between two such calls (tier 2), and how many may be made at once
SPEED = 5
ANSWERS = 100_000
PULSE = Pulse(name="weekly")


def measure(folder: Path) -> list[Row]:
    return [*_wave(folder), _results(folder)]


def _wave(folder: Path) -> list[Row]:
    with running(f"sqlite:///{folder / 'pulse.db'}") as app:
        idle = pages(app, "idle")
        _crowd(app)
        app.control.post("clock", speed=SPEED)
        began = app.box.clock.seconds()
        _begins(app)
        while _asked(app) < PEOPLE // 10:
            time.sleep(0.2)
        app.control.post("clock", speed=1)
        busy = pages(app, "busy")
        app.control.post("clock", speed=SPEED)
        while _asked(app) < PEOPLE:
            time.sleep(0.2)
        took = app.box.clock.seconds() - began
        app.quiet()
        calls = app.control.get("totals")["calls"]
        got = sum("How satisfied" in m.text for c in app.box.world.workspace.channels.values() if c.is_im
                  for m in c.messages.values())  # fmt: skip
    refused = sum(outcomes.get("ratelimited", 0) for outcomes in calls.values())
    # Members are also looked up for pages, so only those of the crowd are counted.
    asked = sum(sum(calls[name].values()) for name in ("users.list", "dnd.teamInfo")) + PEOPLE // PAGE_SIZE
    return [
        Row(goal="wave", what=f"a wave to {PEOPLE:,} people: share of the pace Slack allows",
            measured=(asked - BURST) * EVERY / took, limit=0.95, at_least=True,
            detail=f"{took:.0f} s of Slack's clock, {asked} calls"),
        Row(goal="wave", what="the same: refused with 429, or not asked exactly once", limit=0,
            measured=refused + abs(PEOPLE - got), detail=f"{got:,} asked, 429: {refused}"),
        Row(goal="wave", what="a critical's page meanwhile, to an idle app's", measured=median(busy) / median(idle),
            limit=2, detail=f"{ms(median(busy))} to {ms(median(idle))}", why="it has one interpreter"),
    ]  # fmt: skip


def _crowd(app: BotWorkspace) -> None:
    """In a channel of their own, every one awake."""
    workspace = app.box.world.workspace
    people = [workspace.add_user(User(f"U0CROWD{n:05}", f"crowd{n}", f"Crowd {n}", workspace.team_id)).id
              for n in range(PEOPLE)]  # fmt: skip
    channel = workspace.add_channel("crowd", people)
    segment = Segment(name="Crowd", channels=(channel.id,))
    pulse = PULSE.model_copy(update={"segments": (segment,)})
    applied(app, pulse={"pulses": (pulse,)})


def _begins(app: BotWorkspace) -> None:
    """At their time of day on a working day, so that everybody's moment is at once."""
    with app.application.context.transaction() as tx:
        phase = tx.phases.list_phases()[0]
        at = app.application.context.now().strftime("%H:%M")
        days = "mon tue wed thu fri sat sun"
        tx.phases.save(phases.to_phase(changed(phase.settings, sla={"work_days": days})))
        for user in app.box.world.workspace.users.values():
            user.tz = "UTC"
        pulse = with_template_defaults(phase.pulse.pulses[0])
        pulses.start(app.application.context, tx, phase, pulse.model_copy(update={"at": at}), "bench")


def _asked(app: BotWorkspace) -> int:
    with app.application.store.read() as tx:
        found = tx.waves.list_of_phase(tx.phases.list_phases()[0].id)
        return sum(tx.waves.count_asked(found[0].id).values()) if found else 0


def _results(folder: Path) -> Row:
    """Counted once when the wave closed; read again and again."""
    dice = random.Random(3)
    rows = [(f"S{dice.randrange(20)}", {"satisfaction": dice.randint(1, 5), "ease": dice.randint(1, 7),
                                        "needs": dice.randint(1, 7)}) for _ in range(ANSWERS)]  # fmt: skip
    with app_on(new_database(folder, "results")) as app:
        phases.apply_settings(app, PhaseSettings.model_validate({**PHASE, "pulse": {"pulses": [PULSE.model_dump()]}}))
        app.secret = b"a secret of the bench"
        began = time.perf_counter()
        with app.transaction() as tx:
            phase = tx.phases.list_phases()[0]
            wave = pulses.start(app, tx, phase, with_template_defaults(phase.pulse.pulses[0]), "bench")
            assert wave
            asked = {name: sum(s == name for s, _ in rows) for name in {s for s, _ in rows}}
            tx.waves.update_state(
                wave.id, wave.state, state=WaveState.CLOSED, result=calculate_result(wave.pulse, rows, asked), salt=None
            )
        counted = time.perf_counter() - began
        took = []
        for _ in range(ROUNDS * 4):
            began = time.perf_counter()
            said = results.read(app, Person("U0BENCHLEAD"), "", "weekly")
            took.append(time.perf_counter() - began)
        assert "100000" in json.dumps(said)
    return Row(goal="results", what=f"results of {ANSWERS:,} answers in 20 groups",
               measured=median(took) * 1000, limit=50, unit=" ms", detail=f"counted in {counted:.1f} s")  # fmt: skip
