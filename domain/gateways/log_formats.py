"""Lines of the access logs of gateways, each format one pure function from a JSON object to a request.

nginx, Envoy, Kong (http-log), APISIX (http-logger), APIPark and Apinto (access_log), AWS API Gateway, and a plain
record for everything else. Bodies, headers, queries and addresses are in many of them and are not looked at.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from domain.foreign import moment, number, scalar, table
from domain.gateways.call import GatewayCall, Outcome, outcome_of
from domain.gateways.latency import as_kept
from domain.gateways.paths import consumer_of, endpoint_of

Row = Mapping[str, Any]
ENVOY_UNREACHABLE = frozenset({"UF", "UH", "UT", "UC", "UR", "UO", "LR"})
ENVOY_LIMITED = frozenset({"RL", "RLSE"})
NGINX_LIMITED = frozenset({"REJECTED"})
KNOWN_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
CODES = {0, *range(100, 600)}  # statuses; 0 stands for a client that did not wait for its answer
USUAL = {code: outcome_of(code) for code in CODES}


def nginx(row: Row) -> GatewayCall | None:
    """The log format of docs/gateways.md; times are in seconds, and the upstream's are empty or a list."""
    limited = scalar(row.get("limit")) in NGINX_LIMITED
    seconds = number(row.get("request_time"))
    return _call(row.get("time"), row.get("request_id"), row.get("method"), row.get("uri"), row.get("status"),
                 None if seconds is None else seconds * 1000, row.get("consumer") or row.get("remote_user"),
                 limited=limited)  # fmt: skip


def envoy(row: Row) -> GatewayCall | None:
    """A JSON access log with %RESPONSE_FLAGS%."""
    flags = set(scalar(row.get("flags")).split(","))
    return _call(row.get("start_time"), row.get("request_id"), row.get("method"), row.get("path") or row.get("route"),
                 row.get("status"), number(row.get("duration_ms")), row.get("consumer"),
                 limited=bool(flags & ENVOY_LIMITED), unreachable=bool(flags & ENVOY_UNREACHABLE))  # fmt: skip


def kong(row: Row) -> GatewayCall | None:
    """What the plugin http-log sends."""
    request, response = table(row.get("request")), table(row.get("response"))
    latencies, consumer = table(row.get("latencies")), table(row.get("consumer"))
    path = request.get("uri") or request.get("url") or table(row.get("route")).get("name")
    return _call(row.get("started_at"), request.get("id"), request.get("method"), path, response.get("status"),
                 number(latencies.get("request")), consumer.get("username") or consumer.get("custom_id"))  # fmt: skip


def apisix(row: Row) -> GatewayCall | None:
    """What the plugin http-logger sends."""
    request, response, consumer = (table(row.get(name)) for name in ("request", "response", "consumer"))
    path = request.get("uri") or request.get("url") or row.get("route_id")
    return _call(row.get("start_time"), request.get("id") or row.get("request_id"), request.get("method"), path,
                 response.get("status"), number(row.get("latency")), consumer.get("username"))  # fmt: skip


def apipark(row: Row) -> GatewayCall | None:
    """The access_log of APIPark and Apinto; times are in milliseconds, `strategy` is the policy that stepped in."""
    status = row.get("status")
    limited = bool(row.get("strategy")) and scalar(status) == "429"
    ms = row.get("request_time")
    return _call(row.get("msec") or row.get("time_iso8601"), row.get("request_id"), row.get("request_method"),
                 row.get("request_uri") or row.get("api"), status,
                 number(row.get("response_time") if ms is None else ms),
                 row.get("application"), limited=limited)  # fmt: skip


def aws(row: Row) -> GatewayCall | None:
    """An access log of API Gateway with the template of docs/gateways.md."""
    method, _, path = scalar(row.get("routeKey")).partition(" ")
    unreachable = bool(scalar(row.get("integrationError")).strip("- "))
    return _call(row.get("requestTimeEpoch"), row.get("requestId"), row.get("httpMethod") or method,
                 row.get("path") or row.get("resourcePath") or path or method, row.get("status"),
                 number(row.get("responseLatency")), row.get("consumer"),
                 unreachable=unreachable and scalar(row.get("status")).startswith("5"))  # fmt: skip


def plain(row: Row) -> GatewayCall | None:
    """A record with `at`, `id`, `method`, `path` or `endpoint`, `status`, `ms`, `consumer` and perhaps `outcome`."""
    found = _call(row.get("at"), row.get("id"), row.get("method"), row.get("path") or row.get("endpoint"),
                  row.get("status"), number(row.get("ms")), row.get("consumer"))  # fmt: skip
    outcome = KNOWN_OUTCOMES.get(scalar(row.get("outcome")))
    return found._replace(outcome=outcome) if found and outcome else found


# The first format whose fields are all there counts; those that share names with others come first.
FORMATS: tuple[tuple[frozenset[str], Callable[[Row], GatewayCall | None]], ...] = (
    (frozenset({"request", "response", "latencies"}), kong),
    (frozenset({"request", "response"}), apisix),
    (frozenset({"uri", "request_time", "status"}), nginx),
    (frozenset({"flags", "status", "duration_ms"}), envoy),
    (frozenset({"request_uri", "status"}), apipark),
    (frozenset({"api", "request_method", "status"}), apipark),
    (frozenset({"requestId", "status"}), aws),
    (frozenset({"status", "path"}), plain),
    (frozenset({"status", "endpoint"}), plain),
)


def read_call(row: Any) -> GatewayCall | None:
    """Return the request that an object of an access log tells of; None for anything else."""
    return read_calls([row])[0]


def read_calls(rows: Iterable[Any]) -> list[GatewayCall | None]:
    """Return what `read_call` does of each row; most rows of a log have the same fields as the one before."""
    names: tuple[str, ...] = ()
    read: Callable[[Row], GatewayCall | None] | None = None
    found: list[GatewayCall | None] = []
    for row in rows:
        if not isinstance(row, dict):
            found.append(None)
            continue
        if (fields := tuple(row)) != names:
            names, read = fields, next((read for wanted, read in FORMATS if wanted <= row.keys()), None)
        found.append(read(row) if read else None)
    return found


def _call(
    at: Any, id_: Any, method: Any, path: Any, status: Any, ms: float | None, consumer: Any, *, limited: bool = False,
    unreachable: bool = False,
) -> GatewayCall | None:  # fmt: skip
    code = status if type(status) is int and status in CODES else _status(status)
    if code is None or not isinstance(path, str) or not path:
        return None
    return GatewayCall(
        _moment(at) if isinstance(at, str) else moment(at),
        id_ if type(id_) is str else scalar(id_),
        endpoint_of(method if isinstance(method, str) else "", path),
        code,
        outcome_of(code, limited=limited, unreachable=unreachable) if limited or unreachable else USUAL[code],
        None if ms is None or ms < 0 else as_kept(ms),
        consumer_of(consumer) if consumer and isinstance(consumer, str) else "",
    )


def _status(value: Any) -> int | None:
    """Return an HTTP status, also one that is written as text; None for anything else."""
    try:
        code = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return code if code in CODES else None


@lru_cache(maxsize=4096)
def _moment(text: str) -> datetime | None:
    """Return a time of a text; the lines of a second often share one."""
    return moment(text)
