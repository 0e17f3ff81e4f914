"""Debian's nginx and Envoy as gateways on loopback, with limits and dead upstreams, writing the logs of the docs."""

import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import yaml

from tests.support.bot import free_port

NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
ENVOY = shutil.which("envoy", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
PAGE = (Path(__file__).parents[2] / "docs" / "gateways.md").read_text(encoding="utf-8")
NGINX_CONFIG = """
daemon off; worker_processes 1; pid DIR/nginx.pid; error_log DIR/error.log;
events { worker_connections 64; }
http {
  FORMAT
  access_log DIR/hypercare.jsonl hypercare;
  client_body_temp_path DIR/t1; proxy_temp_path DIR/t2; fastcgi_temp_path DIR/t3; uwsgi_temp_path DIR/t4;
  scgi_temp_path DIR/t5;
  limit_req_zone $http_x_consumer zone=z:1m rate=1r/m; limit_req_status 429;
  server { listen 127.0.0.1:PORT;
    location /v2/payslips { proxy_pass http://127.0.0.1:UP; }
    location /v2/limited { limit_req zone=z; proxy_pass http://127.0.0.1:UP; }
    location /v2/down { proxy_pass http://127.0.0.1:DEAD; }
    location /v2/secret { if ($http_authorization = "") { return 401; } proxy_pass http://127.0.0.1:UP; }
  }
}
"""


@dataclass(frozen=True)
class Gateway:
    """A running gateway and the lines that it has written."""

    port: int
    log: Path

    def asked(self, path: str, times: int = 1) -> list[int]:
        """The statuses of so many requests of one application."""
        return [self._status(path) for _ in range(times)]

    def lines(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []

    @property
    def is_ready(self) -> bool:
        try:
            return self._status("/v2/payslips/1") == 200
        except OSError:
            return False

    def _status(self, path: str) -> int:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers={"X-Consumer": "payroll-ui"})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code


class _Upstream(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_args: object) -> None:
        """Print nothing."""


@contextmanager
def upstream() -> Iterator[int]:
    """A service behind the gateway; its port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Upstream) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@contextmanager
def nginx(folder: Path) -> Iterator[Gateway]:
    """An nginx with the log format of the docs."""
    form = PAGE.split("```nginx\n")[1].split("access_log")[0]
    port = free_port()
    with upstream() as up:
        marks = {"FORMAT": form, "DIR": str(folder), "PORT": str(port), "UP": str(up), "DEAD": str(free_port())}
        (folder / "nginx.conf").write_text(_filled(NGINX_CONFIG, marks))
        with _running(str(NGINX), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")):
            yield Gateway(port, folder / "hypercare.jsonl")


@contextmanager
def envoy(folder: Path) -> Iterator[Gateway]:
    """An Envoy with the access log of the docs; it writes its log every 100 ms."""
    log, port = folder / "envoy.jsonl", free_port()
    access_log = yaml.safe_load(PAGE.split("```yaml\n")[1].split("```")[0])["access_log"]
    access_log[0]["typed_config"]["path"] = str(log)
    with upstream() as up:
        (folder / "envoy.yaml").write_text(json.dumps(_envoy_config(port, up, access_log)))
        with _running(str(ENVOY), "-c", str(folder / "envoy.yaml"), "--concurrency", "1", "--use-dynamic-base-id",
                      "--file-flush-interval-msec", "100"):  # fmt: skip
            yield Gateway(port, log)


def _envoy_config(port: int, up: int, access_log: object) -> dict[str, Any]:
    kinds = "type.googleapis.com/envoy.extensions.filters"
    bucket = {"max_tokens": 1, "tokens_per_fill": 1, "fill_interval": "60s"}
    always = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    limit = {"@type": f"{kinds}.http.local_ratelimit.v3.LocalRateLimit", "stat_prefix": "limit"}
    limited = limit | {"token_bucket": bucket, "filter_enabled": always, "filter_enforced": always}
    routes = [
        {"match": {"prefix": "/v2/down"}, "route": {"cluster": "dead"}},
        {"match": {"prefix": "/v2/limited"}, "route": {"cluster": "up"},
         "typed_per_filter_config": {"envoy.filters.http.local_ratelimit": limited}},
        {"match": {"prefix": "/v2/secret"}, "direct_response": {"status": 401}},
        {"match": {"prefix": "/"}, "route": {"cluster": "up"}},
    ]  # fmt: skip
    manager = {
        "@type": f"{kinds}.network.http_connection_manager.v3.HttpConnectionManager", "stat_prefix": "gateway",
        "access_log": access_log,
        "http_filters": [
            {"name": "envoy.filters.http.local_ratelimit", "typed_config": limit},
            {"name": "envoy.filters.http.router", "typed_config": {"@type": f"{kinds}.http.router.v3.Router"}},
        ],
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}]},
    }  # fmt: skip
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
    listener = {"name": "gateway", "address": _address(port), "filter_chains": [chain]}
    clusters = [_cluster("up", up), _cluster("dead", free_port())]
    return {"static_resources": {"listeners": [listener], "clusters": clusters}}


def _cluster(name: str, port: int) -> dict[str, Any]:
    endpoint = {"lb_endpoints": [{"endpoint": {"address": _address(port)}}]}
    return {"name": name, "connect_timeout": "1s", "type": "STATIC",
            "load_assignment": {"cluster_name": name, "endpoints": [endpoint]}}  # fmt: skip


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _filled(text: str, marks: dict[str, str]) -> str:
    for mark, value in marks.items():
        text = text.replace(mark, value)
    return text


@contextmanager
def _running(*command: str) -> Iterator[None]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()
            process.wait(10)


COUNTERPARTS: dict[str, tuple[bool, Callable[[Path], Any]]] = {
    "nginx": (NGINX is not None, nginx), "envoy": (ENVOY is not None, envoy),
}  # fmt: skip
