"""A program hears of every event of a ticket, whichever door it came from: all doors are used, one after the other."""

from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.services.phases import phases
from bot.views.form import InvalidForm
from domain.api.settings import Webhook
from domain.delivery.message import MessageKind
from domain.errors import Refused
from domain.phases.settings import PhaseSettings
from domain.tickets.event import IMPORTED
from storage.delivery.tables import lanes, messages
from storage.tickets.tables import events, tickets
from tests.trust import stages
from tests.trust.doors import DOORS, Door
from tests.trust.faults import Fuse
from tests.trust.test_commit_points import _without_log_lines  # noqa: F401
from tests.trust.world import PAY, World

OVER = (Refused, InvalidForm)  # what a door says whose ticket has moved on


@pytest.mark.long
def test_a_program_is_told_of_each_event_of_a_ticket(tmp_path: Path) -> None:
    with stages.sqlite(tmp_path / "world.db")(Fuse()) as made:
        phases.apply_settings(made.app, told(PAY))
        with made.app.store.read() as tx:
            last = tx.connection.scalar(select(func.max(events.c.id)))
        used = sum(use(made, door) for door in DOORS)
        with made.app.store.read() as tx:
            happened = select(tickets.c.number, events.c.kind, events.c.data).join(tickets).where(events.c.id > last)
            rows = tx.connection.execute(happened.where(tickets.c.phase_id == made.ids["phase"])).all()
            queued = select(messages.c.payload).join(lanes).where(messages.c.verb == MessageKind.HOOK)
            calls = tx.connection.scalars(queued.where(lanes.c.name.startswith("webhook:"))).all()
    written = Counter((f"PAY-{row.number}", row.kind) for row in rows if IMPORTED not in row.data)
    heard = Counter((one["data"]["ticket"]["name"], one["data"]["event"]["kind"]) for one in calls)
    assert used > len(DOORS) // 2
    assert len({kind for _, kind in written}) > 20
    assert written - heard == Counter()
    assert heard - written == Counter()


def told(settings: PhaseSettings) -> PhaseSettings:
    """Return the settings with a program that is told of everything."""
    return settings.model_copy(update={"webhooks": (Webhook(name="ops", private=True),)})


def use(made: World, door: Door) -> bool:
    """Use a door; return whether it was not refused, as some are after what the others did."""
    with suppress(*OVER):
        door.handler(made.app, door.request(made))
        return True
    return False
