"""Debian's Prometheus and Alertmanager, on loopback, watching services that a test starts and stops."""

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from tests.support.bot import free_port

PROGRAMS = ("prometheus", "prometheus-alertmanager")
ABSENT = [name for name in PROGRAMS if shutil.which(name) is None]
ALERTMANAGER = """
route: {receiver: hypercare, group_by: [alertname], group_wait: 1500ms, group_interval: 1s, repeat_interval: 2s}
receivers:
- name: hypercare
  webhook_configs:
  - url: URL
    send_resolved: true
    max_alerts: 2
    http_config: {authorization: {type: Bearer, credentials: SECRET}}
"""
PROMETHEUS = """
global: {scrape_interval: 500ms, scrape_timeout: 400ms, evaluation_interval: 500ms}
rule_files: [rules.yml]
alerting: {alertmanagers: [{static_configs: [{targets: ['ALERTMANAGER']}]}]}
scrape_configs: [{job_name: payroll, static_configs: [{targets: [TARGETS]}]}]
"""
RULES = """
groups:
- name: payroll
  interval: 500ms
  rules:
  - alert: PayrollDown
    expr: up{job="payroll"} == 0
    labels: {severity: critical, service: payroll}
    annotations: {summary: "Payroll {{ $labels.instance }} is down", runbook_url: "https://wiki.example/payroll"}
"""


class Alertmanager:
    """A running Alertmanager, which takes alerts at its API as Prometheus sends them."""

    def __init__(self, port: int) -> None:
        self.address = f"127.0.0.1:{port}"

    def takes(self, name: str, *, firing: bool = True) -> None:
        now = datetime.now(UTC)
        alert = {"labels": {"alertname": name, "severity": "warning"}, "annotations": {"summary": f"{name} happens"}}
        alert |= {} if firing else {"endsAt": (now - timedelta(seconds=1)).isoformat()}
        url = f"http://{self.address}/api/v2/alerts"
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(url, data=json.dumps([alert]).encode(), headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200

    @property
    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self.address}/-/ready", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def alertmanager(folder: Path, url: str, secret: str) -> Iterator[Alertmanager]:
    """An Alertmanager that sends to that integration. The empty cluster address keeps it from talking to others."""
    port, config = free_port(), folder / "alertmanager.yml"
    config.write_text(ALERTMANAGER.replace("URL", url).replace("SECRET", secret))
    with _running("prometheus-alertmanager", f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}",
                  "--cluster.listen-address=", f"--storage.path={folder / 'alertmanager'}"):  # fmt: skip
        yield Alertmanager(port)


@contextmanager
def prometheus(folder: Path, sends_to: Alertmanager, ports: list[int]) -> Iterator[None]:
    """A Prometheus that watches services on these ports."""
    targets = ", ".join(f"'127.0.0.1:{port}'" for port in ports)
    config = PROMETHEUS.replace("ALERTMANAGER", sends_to.address).replace("TARGETS", targets)
    (folder / "prometheus.yml").write_text(config)
    (folder / "rules.yml").write_text(RULES)
    with _running("prometheus", f"--config.file={folder / 'prometheus.yml'}",
                  f"--web.listen-address=127.0.0.1:{free_port()}",
                  f"--storage.tsdb.path={folder / 'tsdb'}"):  # fmt: skip
        yield


@contextmanager
def services(ports: list[int]) -> Iterator[None]:
    """Services that are up on these ports."""
    with ExitStack() as stack:
        for port in ports:
            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", port), _Metrics))
            Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.shutdown)
        yield


class _Metrics(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"payroll_runs 1\n")

    def log_message(self, *_args: object) -> None:
        """Print nothing."""


@contextmanager
def _running(*command: str) -> Iterator[None]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()
            process.wait(10)
