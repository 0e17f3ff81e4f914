"""A gateway sends its log: what is answered, what is kept, and what is not."""

import gzip
import json
import threading
from datetime import timedelta
from urllib.request import Request, urlopen

import pytest
from sqlalchemy import inspect, select, text

from bot.services.operations import maintenance
from bot.services.signals.overview import overview
from bot.services.signals.receiving import PEOPLE_FIRST
from domain.gateways.body import TOGETHER
from domain.gateways.traffic import OTHER, TrafficBy
from domain.signals.kinds import KINDS
from storage.gateways import traffic
from storage.gateways.tables import gateway_names, gateway_slots
from storage.operations.timers import Timer
from tests.signals.conftest import Senders, on_both, post
from tests.signals.samples import contract
from tests.support.bot import BotWorkspace

SECRETS = ("4711", "month=11", "10.0.0.7", "REDACTED", "Bearer secret", "salary", "curl/", "a1b2")


def line(path: str = "/v2/payslips", status: int = 200, **more: object) -> dict[str, object]:
    return {"path": path, "method": "GET", "status": status, "ms": 40, **more}


def requests(senders: Senders, by: TrafficBy = TrafficBy.ENDPOINT) -> dict[str, int]:
    now = senders.app.now()
    with senders.app.store.read() as tx:
        found = tx.gateway_traffic.sum_by_name(senders.phase.id, by, now - timedelta(days=2), now + timedelta(days=1))
    return {name: outcomes.total() for name, outcomes in found.items()}


def test_people_go_first_between_pieces_of_a_batch_and_for_a_while_in_all(senders: Senders) -> None:
    asked: list[float] = []

    def wait(seconds: float) -> float:
        """Someone is always being answered, and each time a little is left to wait."""
        asked.append(seconds)
        return min(seconds, 0.01)

    senders.app.wait_for_people = wait
    assert senders.sends([line()] * 1000, "gateway").status == 200
    assert len(asked) > 1000 / TOGETHER, "while lines are read and while they are added up"
    assert sum(min(one, 0.01) for one in asked) == pytest.approx(PEOPLE_FIRST)
    asked.clear()
    senders.fires("till")
    assert not asked, "an alert does not wait"


@on_both
def test_lines_are_added_to_what_came_before(senders: Senders) -> None:
    senders.opens("gateway")
    batches = [threading.Thread(target=senders.sends, args=([line(), line("/v2/runs/7", 503)], "gateway"))
               for _ in range(4)]  # fmt: skip
    for one in batches:
        one.start()
    for one in batches:
        one.join()
    assert senders.sends([line(ms=4000, consumer="payroll-ui")], "gateway") == (200, "Received 1 line.")
    assert requests(senders) == {"GET /v2/payslips": 5, "GET /v2/runs/{id}": 4}
    assert requests(senders, TrafficBy.CONSUMER) == {"payroll-ui": 1}
    with senders.app.store.read() as tx:
        now = senders.app.now()
        ((_, sums),) = tx.gateway_traffic.list_slots(senders.phase.id, TrafficBy.ENDPOINT, now - timedelta(hours=1),
                                                     now + timedelta(hours=1), ["GET /v2/payslips"])  # fmt: skip
    assert sums.latency.quantile(1.0) == pytest.approx(4000, rel=0.02)
    assert sums.average == pytest.approx((4 * 40 + 4000) / 5)


def test_no_line_header_address_or_query_is_kept(senders: Senders, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("nginx", "envoy", "kong", "apisix", "apipark", "aws", "plain"):
        given = contract("gateway", name)
        assert senders.sends(given.body, "gateway").said.startswith("Received"), name
    senders.sends(b'{"status": 200, "uri": "/4711", "salary": 1}\n{"path": "/x", "status": 200}', "gateway")
    with senders.app.store.read() as tx:
        tables = inspect(tx.connection).get_table_names()
        kept = "\n".join(str(row) for name in tables for row in tx.connection.execute(text(f'SELECT * FROM "{name}"')))
    logged = "".join(capfd.readouterr())
    assert "GET /v2/payslips/{id}" in kept
    assert [one for one in SECRETS if one in kept] == []
    assert [one for one in SECRETS if one in logged] == []


def test_a_batch_that_is_sent_again_is_counted_once_if_its_lines_have_ids(senders: Senders) -> None:
    with_ids = json.dumps([line(id="a"), line(id="b")]).encode()
    assert senders.sends(with_ids, "gateway") == (200, "Received 2 lines.")
    assert senders.sends(with_ids, "gateway") == (200, "This was received before.")
    for _ in range(2):
        assert senders.sends(json.dumps(line()).encode(), "gateway") == (200, "Received 1 line.")
    assert requests(senders) == {"GET /v2/payslips": 4}


def test_what_is_kept_grows_with_endpoints_and_not_with_traffic(
    senders: Senders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traffic, "MAX_NAMES", 8)
    senders.sends([line(f"/scanned/{letter}.php", 404) for letter in "abcdefgh"], "gateway")
    senders.sends([line(f"/v1/{letter}") for letter in "abcdefghij"], "gateway")
    senders.sends([line("/scanned/a.php")], "gateway")
    assert requests(senders) == {"GET /scanned/a.php": 2, "GET /scanned/b.php": 1, OTHER: 11,
                                 **{f"GET /v1/{letter}": 1 for letter in "abcde"}}  # fmt: skip
    with senders.app.store.read() as tx:
        assert len(tx.connection.execute(select(gateway_slots)).all()) == 8


def test_lines_that_are_not_understood_are_counted_and_shown(senders: Senders) -> None:
    body = b'{"path": "/x", "status": 200}\n{"salary": 1}\nMaria'
    assert senders.sends(body, "gateway") == (200, "Received 1 line.")
    assert senders.sends(b'{"salary": 1}', "gateway").said.startswith("Received, but not understood.")
    found = overview(senders.app, senders.phase)
    assert (found.integrations[0].received, found.integrations[0].not_understood, len(found.misses)) == (2, 2, 2)
    assert "Maria" not in str(found.misses)


def test_figures_are_deleted_after_five_weeks(senders: Senders) -> None:
    senders.sends([line("/old")], "gateway")
    senders.clock.forward(days=36)
    senders.sends([line("/new")], "gateway")
    with senders.app.transaction() as tx:
        timer = Timer(id=1, key=maintenance.CLEAN_UP, kind=maintenance.CLEAN_UP, next_at=senders.app.now())
        maintenance.clean_up(senders.app, tx, timer)
        names = [*tx.connection.scalars(select(gateway_names.c.name))]
        assert (names, len(tx.connection.execute(select(gateway_slots)).all())) == (["GET /new"], 1)


def test_a_gateway_sends_five_mebibytes_and_gzip_and_the_team_sees_what_came(watched: BotWorkspace) -> None:
    slack, lena = watched, watched.person("lena")
    assert "No gateway has sent its log" in lena.types("/hypercare api", "hypercare-desk")["text"]
    said = lena.types("/hypercare signals add gateway", "hypercare-desk")["text"]
    integration = {"Authorization": said.split("Authorization: ")[1].split("`")[0]}
    rows = "\n".join(json.dumps(line(status=503 if n % 4 == 0 else 200, consumer="payroll-ui")) for n in range(400))
    packed = Request(
        f"http://127.0.0.1:{slack.application.monitor.port}/signals/PAY/gateway",
        data=gzip.compress(rows.encode()), headers=integration | {"Content-Encoding": "gzip"},
    )  # fmt: skip
    with urlopen(packed, timeout=10) as answer:
        assert json.loads(answer.read())["said"] == "Received 400 lines."
    limit = KINDS["gateway"].max_bytes
    assert post(slack, "gateway", b"{}" + b" " * (limit - 2), integration)[0] == 200
    assert post(slack, "gateway", b" " * (limit + 1), integration)[0] == 413
    packed.data = gzip.compress(b" " * (limit + 1))
    with pytest.raises(OSError, match="413"):
        urlopen(packed, timeout=10)
    page = str(lena.types("/hypercare api", "hypercare-desk"))
    assert "400 requests in the last hour, 0.11 a second. 25.0 % of them went wrong." in page
    assert "GET /v2/payslips" in page
    assert "payroll-ui" in page
    assert "100 × 503 at GET /v2/payslips" in page
    assert "Only the team" in slack.person("maria").types("/hypercare api", "hypercare-desk")["text"]
    assert "one of these periods: 1h, 6h, 24h" in lena.types("/hypercare api 3h", "hypercare-desk")["text"]
