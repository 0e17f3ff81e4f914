"""Prometheus metrics: counters of this process, and figures read from the database at each scrape."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from domain.address import is_mail, is_teams
from domain.delivery.message import OutboxMessage
from storage.store import Store, StoreFailure

METHODS = {
    "post": "chat.postMessage",
    "update": "chat.update",
    "publish": "views.publish",
    "group": "usergroups.users.update",
    "hook": "webhook",
    "react": "reactions.add",
    "step": "functions.completeSuccess",  # or completeError
    "file": "files.completeUploadExternal",
    "channel": "conversations.create",  # and the other methods about a channel
}
ACK_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0)  # seconds; Slack waits three
LATENESS_BUCKETS = (0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 60.0, 3600.0)
TICKETS_CACHE_SECONDS = 60.0  # seconds for which the ticket count is cached


@dataclass(frozen=True, slots=True)
class ProcessState:
    """What a process knows of itself."""

    connected: bool = False
    rejected: str = ""
    clock_offsets: Mapping[str, timedelta] = field(default_factory=dict)  # how far ours is ahead, by whose
    rejections: Mapping[str, int] = field(default_factory=dict)
    unproven: int = 0  # requests whose signature was wrong, where none was ever right


class PrometheusMetrics:
    """`process` tells the state of this process at each scrape."""

    def __init__(
        self, store: Store, now: Callable[[], datetime], process: Callable[[], ProcessState] = ProcessState
    ) -> None:
        self._registry, self._all = CollectorRegistry(), CollectorRegistry()
        ProcessCollector(namespace="hypercare", registry=self._registry)
        self._registry.register(ProcessGauges(process))
        self._acks = Histogram("hypercare_ack_seconds", "Time from a request of Slack to our answer", ["mode"],
                               buckets=ACK_BUCKETS, registry=self._registry)  # fmt: skip
        self._sends = Counter("hypercare_sends", "Messages sent, by method and outcome",
                              ["method", "outcome"], registry=self._registry)  # fmt: skip
        self._received = Counter("hypercare_received", "Mails and requests of Teams, by answer",
                                 ["source", "answer"], registry=self._registry)  # fmt: skip
        self._late = Histogram("hypercare_timer_lateness_seconds", "Delay of timers",
                               buckets=LATENESS_BUCKETS, registry=self._registry)  # fmt: skip
        self._all.register(Gauges(store, now))

    def timed(self, mode: str, seconds: float) -> None:
        self._acks.labels(mode).observe(seconds)

    def sent(self, message: OutboxMessage, outcome: str) -> None:
        self._sends.labels(_method(message), outcome).inc()

    def received(self, source: str, answer: int) -> None:
        """Count a mail or a request of Teams; `answer` is a code of SMTP or HTTP, also of a mail from a mailbox."""
        self._received.labels(source, str(answer)).inc()

    def late(self, span: timedelta) -> None:
        self._late.observe(max(span.total_seconds(), 0.0))

    def text(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return self._own() + generate_latest(self._all)

    def own_text(self) -> bytes:
        """Return the metrics of this process, and that the database does not answer."""
        down = CollectorRegistry()
        down.register(DatabaseDown())
        return self._own() + generate_latest(down)

    def _own(self) -> bytes:
        return generate_latest(self._registry)


class ProcessGauges:
    """Figures of this process alone."""

    def __init__(self, process: Callable[[], ProcessState]) -> None:
        self._process = process

    def collect(self) -> Iterator[Metric]:
        state = self._process()
        build = GaugeMetricFamily("hypercare_build_info", "The version of the program", labels=["version"])
        build.add_metric([version("hypercare")], 1.0)
        yield build
        yield GaugeMetricFamily("hypercare_slack_connected", "Whether there is a link to Slack", value=state.connected)
        yield GaugeMetricFamily("hypercare_token_accepted", "Whether Slack accepts the token", value=not state.rejected)
        offsets = {whose: ahead.total_seconds() for whose, ahead in state.clock_offsets.items()}
        yield _labelled_gauge("hypercare_clock_offset_seconds", "How far our clock is ahead", "against", offsets)
        refused = CounterMetricFamily("hypercare_http_rejected", "HTTP requests that were refused", labels=["status"])
        for status, count in sorted(state.rejections.items()):
            refused.add_metric([status], count)
        yield refused


class DatabaseDown:
    """The one figure about a database that does not answer."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield GaugeMetricFamily("hypercare_database_up", "Whether the database is available", value=0.0)


class Gauges:
    """Figures from the database, which are the same in every replica."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now
        self._tickets: dict[str, int] = {}
        self._counted = -TICKETS_CACHE_SECONDS

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily("hypercare_database_up", "Whether the database is available")
        try:
            found = [*self._read()]
        except StoreFailure:
            found = []
        up.add_metric([], float(bool(found)))
        yield up
        yield from found

    def _read(self) -> Iterator[GaugeMetricFamily]:
        now = self._now()
        with self._store.read() as tx:
            counts, oldest, overdue = (
                tx.message_archive.count_by_state(),
                tx.message_archive.find_oldest(),
                tx.timers.list_overdue(now),
            )
            replicas, refused = len(tx.replicas.list_alive()), tx.refused_blocks.list_active(now)
            if time.monotonic() - self._counted >= TICKETS_CACHE_SECONDS:
                self._tickets, self._counted = tx.tickets.count_by_status(), time.monotonic()
        yield _labelled_gauge("hypercare_messages", "Unsent messages, by state", "state", counts)
        age = (now - oldest).total_seconds() if oldest else 0.0
        yield GaugeMetricFamily("hypercare_oldest_message_seconds", "Age of the oldest waiting message", value=age)
        yield GaugeMetricFamily("hypercare_timers_overdue", "Overdue timers", value=len(overdue))
        worst = max(((now - t.next_at).total_seconds() for t in overdue), default=0.0)
        yield GaugeMetricFamily("hypercare_timer_overdue_seconds", "Delay of the most overdue timer", value=worst)
        yield GaugeMetricFamily("hypercare_replicas", "Processes using this database", value=replicas)
        kinds = {one.block_type: 1 for one in refused}
        yield _labelled_gauge("hypercare_refused_blocks", "Kinds of blocks that Slack refuses", "type", kinds)
        yield _labelled_gauge("hypercare_tickets", "Tickets by status, without private ones", "status", self._tickets)


def _method(message: OutboxMessage) -> str:
    """Return how a message is sent: by which method of Slack, or by which other system to people outside it."""
    channel = message.lane.channel
    return "mail" if is_mail(channel) else "teams" if is_teams(channel) else METHODS[message.verb]


def _labelled_gauge(name: str, text: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family
