"""Which part of the system an alert is about: a resource, what the application does, or an endpoint."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.tables import check_complete
from domain.text import shorten
from domain.tickets.types import TicketType


class Component(StrEnum):
    """A resource of the infrastructure, a measure of the application, or what models cost."""

    CPU = "cpu"
    MEMORY = "memory"
    DISK = "disk"
    NETWORK = "network"
    DATABASE = "database"
    RESPONSE_TIME = "response_time"
    THROUGHPUT = "throughput"
    ERROR_RATE = "error_rate"
    AI_COST = "ai_cost"

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS = {
    Component.CPU: "CPU", Component.MEMORY: "Memory", Component.DISK: "Disk", Component.NETWORK: "Network",
    Component.DATABASE: "Database", Component.RESPONSE_TIME: "Response time", Component.THROUGHPUT: "Throughput",
    Component.ERROR_RATE: "Error rate", Component.AI_COST: "Cost of AI",
}  # fmt: skip
check_complete(Component, LABELS)
# Words in the name, the labels and the title of alerts, the most telling component first.
WORDS = {
    Component.DATABASE: "database db postgres postgresql mysql mariadb oracle mssql sqlserver mongodb redis "
    "replication deadlock tablespace",
    Component.RESPONSE_TIME: "latency slow slowness p95 p99 apdex response_time duration timeout timeouts",
    Component.ERROR_RATE: "5xx 4xx error_rate errorrate errors exceptions failures http_errors",
    Component.THROUGHPUT: "throughput rps qps tps requests_per_second request_rate backlog queue",
    Component.AI_COST: "ai_cost llm_cost llm_spend tokens",
    Component.CPU: "cpu load loadavg steal throttling",
    Component.MEMORY: "memory mem oom ram swap heap",
    Component.DISK: "disk filesystem inode inodes iops storage volume raid diskio",
    Component.NETWORK: "network bandwidth packet packets interface nic dns ping latency_network conntrack",
}
check_complete(Component, WORDS)
COMPONENT_LABELS = ("component", "resource", "subsystem")
ENDPOINT_LABELS = ("endpoint", "route", "http_route", "uri", "path", "url_path", "handler", "api", "transaction")
METHOD_LABELS = ("method", "http_method", "verb")
SKIPPED_LABELS = frozenset({"instance", "job", "source", "rule", "query", "host", "cluster", "region", "env"})
PHRASES = {"response time": "response_time", "error rate": "error_rate", "requests per second": "rps",
           "i/o": "diskio", "load average": "loadavg"}  # fmt: skip
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
SPLIT = re.compile(r"[^\w]+")
ENDPOINT_LIMIT = 200


@dataclass(frozen=True, slots=True)
class AlertSubject:
    """What an alert is about; None and "" where it does not say."""

    component: Component | None = None
    endpoint: str = ""

    @property
    def type(self) -> TicketType:
        """Performance where a resource, a measure or an endpoint is named, and AI cost where that is."""
        if self.component is Component.AI_COST:
            return TicketType.AI_COST
        return TicketType.PERFORMANCE if self.component or self.endpoint else TicketType.BUG


def subject_of(title: str, labels: Mapping[str, str]) -> AlertSubject:
    """Return what an alert is about, from its labels first and its words then."""
    return AlertSubject(_component(title, labels), _endpoint(labels))


def _component(title: str, labels: Mapping[str, str]) -> Component | None:
    said = next((labels[name] for name in COMPONENT_LABELS if name in labels), "")
    named = " ".join(
        text for name, text in labels.items() if name not in SKIPPED_LABELS and name not in ENDPOINT_LABELS
    )
    return _by_words(said) or _by_words(labels.get("alertname", "")) or _by_words(title) or _by_words(named)


def _by_words(text: str) -> Component | None:
    spaced = f"{CAMEL.sub(' ', text)} {text}".casefold()
    for phrase, word in PHRASES.items():
        spaced = spaced.replace(phrase, word)
    found = set(SPLIT.split(spaced)) | set(re.split(r"[\W_]+", spaced))
    return next((component for component, words in WORDS.items() if found & set(words.split())), None)


def _endpoint(labels: Mapping[str, str]) -> str:
    path = next((labels[name] for name in ENDPOINT_LABELS if labels.get(name)), "")
    method = next((labels[name].upper() for name in METHOD_LABELS if labels.get(name)), "")
    return shorten(f"{method} {path}" if path and method and not path.startswith(method) else path, ENDPOINT_LIMIT)
