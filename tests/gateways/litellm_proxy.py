"""`make e2e-litellm`: a real LiteLLM proxy sends its calls to the bot, once by `generic_api` and once as OTLP spans.

It needs 760 MB, so it is no part of the suite.
"""

import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.services.gateways.ai import overview
from bot.services.signals import integrations
from domain.gateways.ai_call import AiOutcome
from domain.gateways.ai_usage import AiSums
from tests.support import ready
from tests.support.bot import BotWorkspace, free_port, running
from tests.support.control import eventually

KEY = "sk-of-the-test"
STARTED = 300  # seconds that a proxy may take to start
CONFIG = {
    "model_list": [
        {"model_name": "assistant",
         "litellm_params": {"model": "openai/gpt-4o-mini", "api_key": "x", "mock_response": "Tomorrow."}},
        {"model_name": "busy",
         "litellm_params": {"model": "openai/gpt-4o-mini", "api_key": "x", "mock_response": "litellm.RateLimitError"}},
    ],
    "general_settings": {"master_key": KEY},
}  # fmt: skip
OUTSIDE = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False", "NO_PROXY": "127.0.0.1"}
WAYS = ("generic_api", "otel")


def main() -> int:
    program = Path(sys.argv[1])
    for way in WAYS:
        with (
            tempfile.TemporaryDirectory() as folder,
            running(ready.sqlite(Path(folder) / "hypercare.db"), monitor_port=0) as slack,
        ):
            print(way, _exchange(slack, program, way, Path(folder)), flush=True)  # noqa: T201
    return 0


def _exchange(slack: BotWorkspace, program: Path, way: str, folder: Path) -> dict[str, int]:
    """Let the proxy answer three calls, one of them not, and return how the bot says that they ended."""
    app = slack.application.context
    secret = integrations.add(app, "PAY", "ai", "operator")
    door = f"http://127.0.0.1:{slack.application.monitor.port}/signals/PAY/ai"
    with _proxy(program, way, door, secret, folder) as port:
        assert _asked(port, "assistant") == _asked(port, "assistant") == 200
        assert _asked(port, "busy") == 429
        eventually(lambda: _total(slack).calls >= 3, f"the calls that {way} tells of", 60)
    total = _total(slack)
    assert total.outcomes[AiOutcome.OK] == 2, total
    assert total.outcomes[AiOutcome.LIMITED] >= 1, total
    assert total.tokens_in, total
    with app.store.read() as tx:
        kept = "\n".join(str(row) for row in tx.connection.exec_driver_sql("SELECT * FROM ai_usage"))
    assert "Tomorrow" not in kept
    assert "payslip" not in kept
    return {outcome.value: count for outcome, count in total.outcomes.items()}


def _total(slack: BotWorkspace) -> AiSums:
    """What the page of AI gateways adds up."""
    app = slack.application.context
    with app.store.read() as tx:
        return overview(tx, tx.phases.list_phases()[0], "24h", app.now()).total


@contextmanager
def _proxy(program: Path, way: str, door: str, secret: str, folder: Path) -> Iterator[int]:
    """A proxy with the configuration of the docs; its port."""
    port, config = free_port(), folder / "litellm.json"
    config.write_text(json.dumps(CONFIG | {"litellm_settings": {"callbacks": [way]}}))
    env = {
        **os.environ, **OUTSIDE, "PYTHONPATH": "",
        "GENERIC_LOGGER_ENDPOINT": door, "GENERIC_LOGGER_HEADERS": f"Authorization=Bearer {secret}",
        "OTEL_EXPORTER": "otlp_http", "OTEL_ENDPOINT": f"{door}/v1/traces",
        "OTEL_HEADERS": f"Authorization=Bearer {secret}",
    }  # fmt: skip
    command = [str(program), "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=(folder / "log").open("w")) as process:
        try:
            eventually(lambda: process.poll() is not None or _is_up(port), "the proxy", STARTED)
            assert process.poll() is None, (folder / "log").read_text()[-2000:]
            yield port
        finally:
            process.terminate()
            process.wait(20)


def _is_up(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/liveliness", timeout=5) as answer:
            return int(answer.status) == 200
    except OSError:
        return False


def _asked(port: int, model: str) -> int:
    """The status of a call."""
    body = {"model": model, "messages": [{"role": "user", "content": "When is my payslip ready?"}]}
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    url = f"http://127.0.0.1:{port}/v1/chat/completions"
    request = urllib.request.Request(url, data=json.dumps(body).encode(), headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


if __name__ == "__main__":
    sys.exit(main())
