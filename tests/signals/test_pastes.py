"""What docs/signals.md and docs/gateways.md give to paste works: the commands, Zabbix' script, and a real exporter."""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import pytest

from bot.services.signals import integrations
from domain.gateways.ai_call import AiOutcome
from tests.signals.test_judges import MACROS, PAGE, pairs, section
from tests.support.bot import BotWorkspace

GATEWAYS = (Path(__file__).parents[2] / "docs" / "gateways.md").read_text(encoding="utf-8")
PLACE = "https://hypercare.example/signals/PAY"
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE + GATEWAYS, re.DOTALL)
COMMANDS = re.findall(rf"^curl {PLACE}/\w+.*?\}}'$", "\n".join(BLOCKS), re.DOTALL | re.MULTILINE)
ZABBIX = shutil.which("zabbix_js")
ASKED = "what-a-person-asked-the-model"


def integration(slack: BotWorkspace, kind: str) -> tuple[str, str]:
    """The address of an integration and its secret."""
    secret = integrations.add(slack.application.context, "PAY", kind, "operator")
    return f"http://127.0.0.1:{slack.application.monitor.port}/signals/PAY", secret


@pytest.mark.skipif(shutil.which("curl") is None, reason="not installed: curl")
def test_the_commands_of_the_docs_are_received(watched: BotWorkspace) -> None:
    kinds = [command.split(f"{PLACE}/")[1].split()[0] for command in COMMANDS]
    assert Counter(kinds) == {"generic": 3, "cloudevents": 1, "ai": 1, "gateway": 1}
    opened = {kind: integration(watched, kind) for kind in set(kinds)}
    for kind, command in zip(kinds, COMMANDS, strict=True):
        address, secret = opened[kind]
        done = subprocess.run(["bash", "-c", f"{command.replace(PLACE, address)} -sS --fail-with-body"], check=False,
                              capture_output=True, text=True, env={**os.environ, "SECRET": secret})  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["said"].startswith("Received 1 "), command


@pytest.mark.skipif(ZABBIX is None, reason="not installed: zabbix_js; .ci/run installs it")
def test_zabbix_s_own_program_sends_by_the_script_of_the_docs(watched: BotWorkspace, tmp_path: Path) -> None:
    address, secret = integration(watched, "zabbix")
    page, script = section("zabbix"), tmp_path / "hypercare.js"
    script.write_text(page.split("```js\n")[1].split("```")[0])
    rows = re.findall(r"^\| (`[^|]+) \| ([^|]+) \|$", page, re.MULTILINE)
    given = {name: MACROS.get(value, value) for names, values in rows for name, value in pairs(names, values)}

    def run(**more: str) -> str:
        value = json.dumps(given | {"url": f"{address}/zabbix"} | more)
        done = subprocess.run([str(ZABBIX), "-s", script, "-p", value], check=False, capture_output=True, text=True)
        return done.stdout + done.stderr

    assert "Hypercare answered 401" in run(secret="guessed")
    assert run(secret=secret).split() == ["OK"]
    card = watched.channel("hypercare-desk").expects('Disk "/var" is full')
    assert "1 is firing" in card.words
    assert run(secret=secret, value="0").split() == ["OK"]
    card.shows("over")


def test_a_real_exporter_of_opentelemetry_sends_as_the_docs_say(
    watched: BotWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="not installed: locks/test.txt has it")
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    from opentelemetry.trace import StatusCode

    address, secret = integration(watched, "ai")
    block = next(one for one in BLOCKS if "OTEL_" in one)
    for line in shlex.split(block):
        name, _, value = line.partition("=")
        monkeypatch.setenv(name, value.replace(PLACE, address).replace("SECRET", secret))
    spans, provider = InMemorySpanExporter(), TracerProvider(resource=Resource.create({"service.name": "payroll-bot"}))
    provider.add_span_processor(SimpleSpanProcessor(spans))
    tracer = provider.get_tracer("payroll")
    for failed in (False, True):
        with tracer.start_as_current_span("chat gpt-assistant") as span:
            span.set_attributes({
                "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.usage.input_tokens": 10,
                "gen_ai.request.model": "gpt-assistant", "gen_ai.usage.output_tokens": 20,
                "gen_ai.prompt.0.content": ASKED,
            })  # fmt: skip
            if failed:
                span.record_exception(TimeoutError(ASKED))
                span.set_attribute("error.type", "openai.APITimeoutError")
                span.set_status(StatusCode.ERROR, ASKED)
    with tracer.start_as_current_span("GET /payslips"):
        pass
    exporter = OTLPSpanExporter()
    assert unquote(os.environ["OTEL_EXPORTER_OTLP_TRACES_HEADERS"]) == f"Authorization=Bearer {secret}"
    assert exporter.export(spans.get_finished_spans()) is SpanExportResult.SUCCESS
    stranger = OTLPSpanExporter(headers={"Authorization": "Bearer guessed"})
    assert stranger.export(spans.get_finished_spans()) is SpanExportResult.FAILURE
    now = watched.application.context.now()
    with watched.application.store.read() as tx:
        ((_, use, sums),) = tx.ai_usage.list_hours(1, now.replace(minute=0, second=0, microsecond=0), now)
        kept = str(
            [
                row
                for name in ("ai_usage", "signal_misses")
                for row in tx.connection.exec_driver_sql(f"SELECT * FROM {name}")
            ]
        )
    assert (use.provider, use.model, use.consumer) == ("openai", "gpt-assistant", "payroll-bot")
    assert (sums.outcomes, sums.tokens_in, sums.tokens_out) == ({AiOutcome.OK: 1, AiOutcome.TIMEOUT: 1}, 20, 40)
    assert ASKED not in kept
    for one in (exporter, stranger, provider):
        one.shutdown()
