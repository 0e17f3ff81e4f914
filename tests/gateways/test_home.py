"""The App Home shows the team how its API gateway is doing."""

from bot.services.gateways.state import states
from bot.services.home.homes import draw_home
from bot.services.phases import phases
from domain.phases.permissions import Person
from tests.signals.conftest import LEAD, PAY, Senders
from tests.trust.budgets import counted

DOWN = {"path": "/v2/pay", "method": "GET", "status": 503, "ms": 900}
FINE = {"path": "/v2/runs", "method": "GET", "status": 200, "ms": 40}


def home_of(senders: Senders, person: str) -> tuple[str, int]:
    """The Home of a person, and the statements it took."""
    with senders.app.store.read() as tx, counted(senders.app.store) as seen:
        return str(draw_home(tx, Person(person), senders.app.now())), len(seen)


def test_the_home_of_the_team_shows_its_gateway(senders: Senders) -> None:
    quiet, before = home_of(senders, LEAD)
    assert "API gateway" not in quiet
    senders.agrees(endpoint="GET /v2/*", availability=99.5)
    senders.sends([DOWN] * 20 + [FINE] * 70, "gateway")
    senders.later(minutes=2)
    shown, statements = home_of(senders, LEAD)
    assert "0.10 requests a second in the last 15 minutes, 22.2 % went wrong, 95 % at the busiest endpoints" in shown
    assert ":fire: Missing their targets now: GET /v2/pay" in shown
    assert "API gateway" not in home_of(senders, "U0MARIA")[0]
    assert statements <= before + 1, "response times are read where there is traffic"
    senders.later(minutes=30)
    assert "no requests in the last 15 minutes" in home_of(senders, LEAD)[0]


def test_gateways_of_many_phases_are_read_at_once(senders: Senders) -> None:
    for key in ("HR", "LAW"):
        channels = {"triage_channel": f"C0{key}DESK", "oncall_channel": f"C0{key}CALL"}
        phases.apply_settings(senders.app, PAY.model_copy(update={"key": key, **channels}))
    senders.sends([FINE] * 9, "gateway")
    with senders.app.store.read() as tx:
        every = tx.phases.list_phases()
        with counted(senders.app.store) as seen:
            found = states(tx, every, senders.app.now())
    assert [one.key for one in found] == ["PAY"]
    assert (len(every), len(seen)) == (3, 3)
