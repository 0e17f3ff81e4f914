"""Two equal processes on one PostgreSQL: either may answer, either may speak, and nothing happens twice."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.app.application import Application
from tests.delivery.test_idempotency import event, press, report_view, submission
from tests.support import postgres
from tests.support.bot import BotWorkspace, running
from tests.support.control import eventually
from tests.support.ready import COUNTER


@pytest.fixture
def slack(postgres_server: str) -> Iterator[BotWorkspace]:
    url = postgres.new_database(postgres_server, f"two{next(COUNTER)}")
    with running(url) as app:
        yield app


@pytest.fixture
def second(slack: BotWorkspace) -> Iterator[Application]:
    async def start() -> Application:
        application = Application(slack.settings, now=slack.box.clock.now)
        await application.start()
        slack.box.clock.on_move(application.wake)
        return application

    application = slack.loop.run(start())
    eventually(lambda: len(replicas(slack)) == 2, "two replicas")
    yield application
    slack.loop.run(application.stop())


def replicas(slack: BotWorkspace) -> list[str]:
    with slack.application.store.read() as tx:
        return [r.id for r in tx.replicas.list_alive()]


def test_what_one_commits_the_other_may_say_at_once(slack: BotWorkspace, second: Application) -> None:
    """The first one's dispatcher is gone, so only a word from the database can have told the second."""
    slack.loop.run(slack.application.workers.dispatcher.stop())
    slack.person("maria").reports("Slow page")
    slack.triage.expects("Slow page")
    slack.quiet()
    assert len(slack.triage.messages()) == 1


def test_the_same_request_to_both_happens_once(slack: BotWorkspace, second: Application) -> None:
    body = submission(slack, report_view(slack), {"summary": "Slow page", "severity": "critical"})
    mention = event(slack, "maria", type="app_mention", text="<@UBOT> broken till", ts="1.1",
                    channel=slack.channel_id("payroll-help"))  # fmt: skip
    from slack_bolt import BoltRequest

    houses = [slack.application, second] * 3
    with ThreadPoolExecutor(6) as pool:
        for payload in (body, mention):
            answers = [*pool.map(lambda h, p=payload: h.bolt.dispatch(BoltRequest(mode="socket_mode", body=p)), houses)]
            assert {a.status for a in answers} == {200}
    slack.triage.expects("Slow page")
    slack.triage.expects("broken till")
    slack.quiet()
    assert len(slack.triage.messages()) == 2
    assert len(slack.channel("hypercare-oncall").messages()) == 1
    ack = press(slack, "jo", "acknowledge", "1")
    for application in houses:
        assert application.bolt.dispatch(BoltRequest(mode="socket_mode", body=ack)).status == 200
    slack.quiet()
    with slack.application.store.read() as tx:
        assert len(tx.tickets.list_events(1)) == 2


def test_many_reports_through_two_sockets_keep_every_lane_in_order(slack: BotWorkspace, second: Application) -> None:
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
    assert len(slack.triage.messages()) == 6


def test_one_leaves_and_the_other_goes_on(slack: BotWorkspace, second: Application) -> None:
    slack.person("maria").reports("Before")
    slack.triage.expects("Before")
    slack.quiet()
    slack.stop_bot()
    with second.store.read() as tx:
        assert [r.id for r in tx.replicas.list_alive()] == [second.store.me]
        assert tx.message_archive.count_by_state()["sending"] == 0
    slack.person("maria").reports("After")
    slack.triage.expects("After")
    slack.start_bot()
