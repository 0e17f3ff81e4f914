"""The page of an API gateway: requests, response times and errors, as tables and charts."""

from collections import Counter
from typing import Any

from bot.views import charts
from bot.views.gateways import anomalies, targets
from bot.views.gateways.periods import in_words
from bot.views.text import Block, actions, answer, button, context, escape, section, when
from domain.gateways.call import Outcome
from domain.gateways.overview import PERIODS, ApiOverview, share, wrong
from domain.gateways.traffic import TrafficSums
from domain.text import plural

SHOW = "api"
ENDPOINT_COLUMNS = ("Endpoint", "Requests a second", "Average ms", "p95 ms", "p99 ms", "Errors %", "Auth failed",
                    "Over a limit", "Unreachable")  # fmt: skip
SHOWN_CODES, SHOWN_TARGETS = 4, 10
Outcomes = Counter[Outcome]


def page(found: ApiOverview) -> dict[str, Any]:
    """Return the page of a phase's gateway, with buttons for other periods."""
    if not found.has_traffic:
        text = (
            f"No gateway has sent its log for {escape(found.phase)} yet. A lead adds an integration for it with "
            f"`/hypercare signals {found.key} add gateway`."
        )
        return answer(text, [section(text)])
    headline = _headline(found)
    blocks = [section(f"*{headline}*")]
    if found.targets:
        blocks.append(section("\n".join(["*Targets*", *map(targets.line, found.targets[:SHOWN_TARGETS])])))
    blocks += [anomalies.block(found.key, one) for one in found.anomalies]
    if found.endpoints:
        rows = [_endpoint_row(name, sums, found.seconds) for name, sums in found.endpoints]
        blocks.append(charts.table("Endpoints, most errors first", ENDPOINT_COLUMNS, rows))
        blocks += filter(None, (_requests_chart(found), _latency_chart(found)))
        blocks.append(context(_codes(found)))
    if found.consumers:  # Slack takes one table a message
        lines = (_consumer_line(name, outcomes) for name, outcomes in found.consumers)
        blocks.append(section("\n".join(["*Consumers, most errors first*", *lines])))
    if found.more_endpoints:
        blocks.append(context(plural(found.more_endpoints, "1 more endpoint has fewer errors.",
                                     "{count} more endpoints have fewer errors.")))  # fmt: skip
    others = [button(name, f"{SHOW}:{name}", f"{found.key} {name}") for name in PERIODS if name != found.period]
    return answer(headline, [*blocks, actions(*others)])


def _headline(found: ApiOverview) -> str:
    count = found.total.total()
    if not count:
        return f"No requests came through the gateway of {escape(found.phase)} since {when(found.since)}."
    rate, percent = f"{count / found.seconds:.2f}", _percent(wrong(found.total) / count)
    return plural(
        count,
        "{phase}: 1 request in the last {period}, {rate} a second. {percent} % of them went wrong.",
        "{phase}: {count} requests in the last {period}, {rate} a second. {percent} % of them went wrong.",
        phase=escape(found.phase), period=in_words(found.period), rate=rate, percent=percent,
    )  # fmt: skip


def _endpoint_row(name: str, sums: TrafficSums, seconds: float) -> list[str | float]:
    times = (sums.average, sums.latency.quantile(0.95), sums.latency.quantile(0.99))
    return [name, round(sums.requests / seconds, 3), *(_ms(one) for one in times), *_shares(sums.outcomes)]


def _consumer_line(name: str, outcomes: Outcomes) -> str:
    counted = plural(outcomes.total(), "{name}: 1 request", "{name}: {count} requests", name=escape(name))
    shown = (Outcome.AUTH_FAILED, Outcome.LIMITED, Outcome.UNREACHABLE)
    parts = [f"{one.label}: {outcomes[one]:,}" for one in shown if outcomes[one]]
    wrong_share = _percent(wrong(outcomes) / outcomes.total() if outcomes.total() else 0.0)
    return " · ".join([f"• {counted}", f"{wrong_share} % went wrong", *parts])


def _shares(outcomes: Outcomes) -> list[str | float]:
    errors = share(outcomes, *(one for one in Outcome if one is not Outcome.OK))
    return [round(100 * errors, 1), outcomes[Outcome.AUTH_FAILED], outcomes[Outcome.LIMITED],
            outcomes[Outcome.UNREACHABLE]]  # fmt: skip


def _codes(found: ApiOverview) -> str:
    """Return the most frequent status codes that are errors, with their endpoints."""
    codes = Counter({(code, name): count for name, sums in found.endpoints for code, count in sums.codes.items()
                     if code >= 400})  # fmt: skip
    if not codes:
        return "No request was answered with an error code."
    parts = (f"{count} × {code} at {escape(name)}" for (code, name), count in codes.most_common(SHOWN_CODES))
    return f"Most frequent error codes: {', '.join(parts)}"


def _requests_chart(found: ApiOverview) -> Block | None:
    return charts.chart("Requests", "area", {
        "Answered": [one.outcomes[Outcome.OK] for one in found.points],
        "Went wrong": [wrong(one.outcomes) for one in found.points],
    }, _labels(found))  # fmt: skip


def _latency_chart(found: ApiOverview) -> Block | None:
    values = [None if one.p95 is None else round(one.p95, 1) for one in found.points]
    return charts.chart("95 % of requests within, in ms", "line", {"p95": values}, _labels(found))


def _labels(found: ApiOverview) -> list[str]:
    """Return how long before the end of the period each point begins, which needs no time zone."""
    minutes = [round((found.until - one.at).total_seconds() / 60) for one in found.points]
    return [f"−{one // 60} h {one % 60:02} min" if one > 90 else f"−{one} min" for one in minutes]


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def _ms(value: float | None) -> str | float:
    return "–" if value is None else round(value, 1)
