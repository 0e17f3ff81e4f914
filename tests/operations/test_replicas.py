"""Two equal processes on one PostgreSQL: either may answer, either may speak, and nothing happens twice."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.app import House
from tests.delivery.test_idempotency import event, press, report_view, submission
from tests.support import postgres
from tests.support.bot import Desk, running
from tests.support.control import eventually
from tests.support.ready import COUNTER


@pytest.fixture
def slack(postgres_server: str) -> Iterator[Desk]:
    url = postgres.new_database(postgres_server, f"two{next(COUNTER)}")
    with running(url) as desk:
        yield desk


@pytest.fixture
def second(slack: Desk) -> Iterator[House]:
    async def start() -> House:
        house = House(slack.settings, now=slack.box.clock.now)
        await house.start()
        slack.box.clock.on_move(house.nudge)
        return house

    house = slack.loop.run(start())
    eventually(lambda: len(replicas(slack)) == 2, "two replicas")
    yield house
    slack.loop.run(house.stop())


def replicas(slack: Desk) -> list[str]:
    with slack.house.store.read() as tx:
        return [r.id for r in tx.replicas.alive()]


def test_what_one_commits_the_other_may_say_at_once(slack: Desk, second: House) -> None:
    """The first one's dispatcher is gone, so only a word from the database can have told the second."""
    slack.loop.run(slack.house._dispatcher.stop())
    slack.person("maria").reports("Slow page")
    slack.desk.expects("Slow page")
    slack.quiet()
    assert len(slack.desk.messages()) == 1


def test_the_same_request_to_both_happens_once(slack: Desk, second: House) -> None:
    body = submission(slack, report_view(slack), {"summary": "Slow page", "severity": "critical"})
    mention = event(slack, "maria", type="app_mention", text="<@UBOT> broken till", ts="1.1",
                    channel=slack.channel_id("payroll-help"))  # fmt: skip
    from slack_bolt import BoltRequest

    houses = [slack.house, second] * 3
    with ThreadPoolExecutor(6) as pool:
        for payload in (body, mention):
            answers = [*pool.map(lambda h, p=payload: h.bolt.dispatch(BoltRequest(mode="socket_mode", body=p)), houses)]
            assert {a.status for a in answers} == {200}
    slack.desk.expects("Slow page")
    slack.desk.expects("broken till")
    slack.quiet()
    assert len(slack.desk.messages()) == 2
    assert len(slack.channel("hypercare-oncall").messages()) == 1
    ack = press(slack, "jo", "acknowledge", "1")
    for house in houses:
        assert house.bolt.dispatch(BoltRequest(mode="socket_mode", body=ack)).status == 200
    slack.quiet()
    with slack.house.store.read() as tx:
        assert len(tx.tickets.events(1)) == 2


def test_many_reports_through_two_sockets_keep_every_lane_in_order(slack: Desk, second: House) -> None:
    maria, jo = slack.person("maria"), slack.person("jo")
    for n in range(6):
        maria.reports(f"Problem {n}")
    for n in range(1, 7):
        jo.types(f"/hypercare take PAY-{n}")
    slack.control.post("clock", advance=30)
    slack.quiet()
    thanks = [m for m in maria.dm.messages() if "Thank you" in m.words]
    assert len(thanks) == 6
    for n, message in enumerate(sorted(thanks, key=lambda m: m.ts)):
        assert [f"Problem {n}" in message.words, "is looking" in message.expects_reply("is looking").words] == [
            True
        ] * 2
    assert len(slack.desk.messages()) == 6


def test_one_leaves_and_the_other_goes_on(slack: Desk, second: House) -> None:
    slack.person("maria").reports("Before")
    slack.desk.expects("Before")
    slack.quiet()
    slack.stop_bot()
    with second.store.read() as tx:
        assert [r.id for r in tx.replicas.alive()] == [second.store.me]
        assert tx.archive.counts()["sending"] == 0
    slack.person("maria").reports("After")
    slack.desk.expects("After")
    slack.start_bot()
