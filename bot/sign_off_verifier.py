"""Verify the evidence of an exit: a program of one file, with Python's standard library and none of the bot's code.

    python sign_off_verifier.py EVIDENCE [SEAL]

EVIDENCE is the file of `hypercare exit export`, SEAL the one that was posted when the exit was signed. It checks every
hash, and calculates every figure again from the events. It ends with 0 if all agree, and else says what does not.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from itertools import islice
from math import exp, expm1, fsum, isclose, log, sqrt
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

Entry = dict[str, Any]
START = "0" * 64
DAY = timedelta(days=1)
NEVER = datetime.max.replace(tzinfo=UTC)
LATEST_COMMIT = timedelta(hours=1)  # after the moment that an event says; no transaction lasts so long
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NO_DEFECTS = ("training_gap", "feature_request", "question", "praise")
CLOSED = ("resolved", "verified", "withdrawn", "merged")
OURS = ("received", "acknowledged", "investigating", "fixing")  # the team has to act, so SLA clocks run
LEADS_TO = {"opened": "received", "acknowledged": "acknowledged", "waiting": "waiting", "deferred": "deferred",
            "returned": "investigating", "resolved": "resolved", "verified": "verified", "reopened": "investigating",
            "merged": "merged", "withdrawn": "withdrawn"}  # fmt: skip
STATUS_IN_DATA = ("status", "answered", "unmerged", "reopened")
Z = 1.959963984540054
MIN_DEFECTS, CHI_SQUARE = 10, 3.841458820694124
TOLERANCE, BOUND_TOLERANCE = 1e-6, 0.02  # the bot reads a bound of the likelihood from 49 points of its rim


class EvidenceError(Exception):
    """The evidence is not what was exported; the text says where."""


def main(arguments: Sequence[str]) -> int:
    """Verify a file and print the result; return the exit code."""
    if len(arguments) not in (1, 2):
        print(__doc__)  # noqa: T201 - the program's result
        return 2
    try:
        said = verify(Path(arguments[0]).read_bytes(), *arguments[1:])
    except EvidenceError as error:
        print(f"NOT VERIFIED: {error}")  # noqa: T201 - as above
        return 1
    print("\n".join(said))  # noqa: T201 - as above
    return 0


def verify(content: bytes, seal: str = "") -> list[str]:
    """Return what was verified, in sentences. EvidenceError says what is wrong."""
    evidence, last = _read(content)
    events = _check_seals(evidence)
    sealed = _check_records(evidence)
    if seal and sealed != seal:
        raise EvidenceError(f"the decisions have the seal {sealed}, and the one you gave is {seal}")
    _compare("", evidence.figures, calculate(evidence), TOLERANCE)
    names = {one["kind"] + " " + one["subject"] for one in evidence.records if one["kind"] == "waived"}
    return [
        f"VERIFIED: phase {evidence.bundle['phase']} at {evidence.bundle['at']}.",
        f"{events} events, {len(evidence.records)} decisions and every figure agree.",
        f"Waivers: {', '.join(sorted(names)) or 'none'}.",
        "The exit is signed off." if evidence.figures["signed"] else "The exit is not signed off.",
        f"Seal of events and decisions: {sealed}",
        f"Hash of this file's content: {last}",
    ]


@dataclass
class Evidence:
    """The entries of a file, by what they are."""

    bundle: Entry = field(default_factory=dict)
    definitions: Entry = field(default_factory=dict)
    readings: Entry = field(default_factory=dict)
    figures: Entry = field(default_factory=dict)
    tickets: dict[int, Entry] = field(default_factory=dict)
    log: list[Entry] = field(default_factory=list)  # events and seals, in their order
    records: list[Entry] = field(default_factory=list)

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.bundle["at"])

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.definitions["timezone"])

    def midnight(self, on: date) -> datetime:
        return datetime.combine(on, time(), self.zone)

    def today(self) -> date:
        return self.at.astimezone(self.zone).date()

    def ago(self, days: float) -> datetime:
        return self.at - days * DAY


def _read(content: bytes) -> tuple[Evidence, str]:
    """Read the lines, and check that each follows from all before it."""
    if not content.endswith(b"\n"):
        raise EvidenceError("the last line is not complete")
    evidence, before, ended = Evidence(), START, False
    for number, line in enumerate(content[:-1].split(b"\n"), start=1):
        stated, _, text = line.partition(b" ")
        found = sha256(before.encode() + text).hexdigest()
        if stated != found.encode() or ended:
            raise EvidenceError(f"line {number} was altered, or a line before it was removed, added or moved")
        entry, before = json.loads(text), found
        ended = entry["entry"] == "end"
        if ended and entry["lines"] != number - 1:
            raise EvidenceError(f"line {number} ends a file of {entry['lines']} lines")
        _sort_in(evidence, entry)
    if not ended:
        raise EvidenceError("the end of the file is missing")
    return evidence, before


def _sort_in(evidence: Evidence, entry: Entry) -> None:
    kind = entry["entry"]
    if kind == "ticket":
        evidence.tickets[entry["number"]] = entry
    elif kind in ("event", "seal"):
        evidence.log.append(entry)
    elif kind == "record":
        evidence.records.append(entry)
    elif kind in ("bundle", "definitions", "readings", "figures"):
        setattr(evidence, kind, entry)


def _link(before: str, entry: Entry) -> str:
    text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return sha256((before + text).encode()).hexdigest()


def _check_seals(evidence: Evidence) -> int:
    """Check that the events are those that were sealed, each time; return how many there are."""
    before, count, known = START, 0, datetime.min.replace(tzinfo=UTC)
    imported = dict[int, datetime]()  # when tickets came whose events are older
    for entry in evidence.log:
        if entry["entry"] == "event":
            before, count = _link(before, entry["sealed"]), count + 1
            _check_moment(entry["sealed"], known, imported)
        elif (entry["hash"], entry["events"]) != (before, count):
            raise EvidenceError(f"an event before seal {entry['number']} of {entry['at']} was altered or removed")
        else:
            known = max(known, *_moments_of(entry, evidence.records))
    if evidence.log and evidence.log[-1]["entry"] == "event":
        raise EvidenceError("the last events are not sealed")
    return count


def _moments_of(seal: Entry, records: Sequence[Entry]) -> list[datetime]:
    """Return when a seal was made, and the decisions on it, which say it too."""
    decided = [one["at"] for one in records if one["seal"] == seal["number"]]
    return [datetime.fromisoformat(one) for one in (seal["at"], *decided)]


def _check_moment(sealed: Entry, known: datetime, imported: dict[int, datetime]) -> None:
    """Check that an event is not older than the seal before it, which would have covered it."""
    at, ticket = datetime.fromisoformat(sealed["at"]), sealed["ticket"]
    if "imported" in sealed["data"]:
        imported[ticket] = datetime.fromisoformat(sealed["data"]["imported"])
    if known - max(at, imported.get(ticket, at)) > LATEST_COMMIT:
        raise EvidenceError(f"an event of ticket {ticket} says {sealed['at']}, and was added after {known.isoformat()}")


def _check_records(evidence: Evidence) -> str:
    """Check that the decisions are those that were sealed, each on its events; return the last hash."""
    seals = {one["number"]: one["hash"] for one in evidence.log if one["entry"] == "seal"} | {0: START}
    before = START
    for number, one in enumerate(evidence.records, start=1):
        reason = "".join("<@>" + rest.partition(">")[2] if n else rest
                         for n, rest in enumerate(one["reason"].split("<@")))  # fmt: skip
        entry = {"kind": one["kind"], "subject": one["subject"], "reason": reason, "at": one["at"],
                 "seal": one["seal"], "events": seals.get(one["seal"], "")}  # fmt: skip
        before = _link(before, entry)
        if before != one["hash"]:
            raise EvidenceError(f"decision {number} ({one['kind']} {one['subject']}) or one before it was altered")
    return before


def _compare(path: str, stated: Any, found: Any, tolerance: float) -> None:
    """Compare what is stated with what was calculated, whatever it holds."""
    if isinstance(found, Mapping):
        for name in {*found, *stated} - {"entry"}:
            if name not in stated:
                raise EvidenceError(f"the figure {path}{name} is missing, and is {found[name]}")
            if name not in found:
                raise EvidenceError(f"the figure {path}{name} is stated, and not measurable")
            loose = BOUND_TOLERANCE if name == "upper_remaining" else tolerance
            _compare(f"{path}{name} ", stated[name], found[name], loose)
    elif isinstance(found, float) and not isinstance(stated, bool) and isinstance(stated, (int, float)):
        if not isclose(stated, found, rel_tol=tolerance, abs_tol=tolerance):
            raise EvidenceError(f"the figure {path}is stated as {stated}, and is {found}")
    elif stated != found:
        raise EvidenceError(f"the figure {path}is stated as {stated}, and is {found}")


# Working time


@dataclass(frozen=True)
class Hours:
    """Working hours."""

    days: tuple[int, ...]
    opens: timedelta
    closes: timedelta
    zone: ZoneInfo
    holidays: frozenset[date]

    @classmethod
    def read(cls, entry: Entry) -> "Hours":
        opens, closes = (_time_of_day(one) for one in entry["hours"].split("-"))
        closes += DAY if closes <= opens else timedelta(0)
        days = tuple(WEEKDAYS.index(one) for one in entry["days"].split())
        holidays = frozenset(map(date.fromisoformat, entry["holidays"]))
        return cls(days, opens, closes, ZoneInfo(entry["zone"]), holidays)

    def works_on(self, on: date) -> bool:
        return on.weekday() in self.days and on not in self.holidays

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the working time between two moments."""
        if set(self.days) == set(range(7)) and not self.holidays and self.closes - self.opens == DAY:
            return max(end - start, timedelta(0))
        on, total = start.astimezone(self.zone).date() - DAY, timedelta(0)
        while on <= end.astimezone(self.zone).date():
            if self.works_on(on):
                total += max(timedelta(0), min(self._at(on, self.closes), end) - max(self._at(on, self.opens), start))
            on += DAY
        return total

    def _at(self, on: date, since_midnight: timedelta) -> datetime:
        return (datetime.combine(on, time()) + since_midnight).replace(tzinfo=self.zone).astimezone(UTC)


def _time_of_day(text: str) -> timedelta:
    hours, minutes = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


class Policies:
    """The time allowed and the working hours by severity, module and owner."""

    def __init__(self, definitions: Entry) -> None:
        self._targets = definitions["targets"]
        self._hours = Hours.read(definitions["hours"])
        self._always = Hours(tuple(range(7)), timedelta(0), DAY, ZoneInfo("UTC"), frozenset())
        self._others = [(one, Hours.read(one)) for one in definitions["calendars"]]

    def find(self, severity: str, module: str, owner: str) -> tuple[Entry, Hours]:
        for one, hours in self._others:
            of_module = not one["modules"] or any(_is_under(module, wanted) for wanted in one["modules"])
            of_team = one["team"] is None or owner in one["team"]
            if of_module and of_team and (not one["severities"] or severity in one["severities"]):
                return self._targets[severity], hours
        return self._targets[severity], self._always if severity == "critical" else self._hours


def _is_under(module: str, branch: str) -> bool:
    parts, wanted = module.split(" / "), branch.split(" / ")
    return any(len(parts) - n >= len(wanted) and all(map(str.startswith, parts[n:], wanted)) for n in range(len(parts)))


# What became of a ticket


@dataclass
class Stopwatch:
    """The clock of one SLA target: since when it runs, what was spent, and whether the time ran out."""

    target: str
    allowed: float
    hours: Hours
    since: datetime
    spent: timedelta = timedelta(0)
    runs: bool = True
    ended: bool = False
    missed: bool = False

    def goes_on(self, at: datetime, status: str, policy: tuple[Entry, Hours]) -> None:
        """Go on until an event that leads to that status and policy."""
        is_over = status in CLOSED or (self.target == "acknowledge" and status != "received")
        if self.ended and is_over:
            return
        if self.runs:
            self.spent += self.hours.between(self.since, at)
            self.missed = self.missed or bool(self.allowed and self.spent >= timedelta(minutes=self.allowed))
        self.runs, self.ended = not is_over and status in OURS, is_over
        if self.runs:
            self.allowed, self.hours, self.since = policy[0][self.target], policy[1], at
            self.missed = self.missed and bool(self.allowed) and self.spent >= timedelta(minutes=self.allowed)

    def met(self, *, reached: bool) -> bool | None:
        if not self.allowed:
            return None
        return False if self.missed else True if self.ended and reached else None


@dataclass
class TicketReplay:
    """What became of a ticket, event by event."""

    facts: Entry
    severity: str = "medium"
    status: str = "received"
    owner: str = ""
    owned: bool = False
    opened: datetime = NEVER
    start: datetime = NEVER  # since when this team is answerable
    acknowledged: datetime | None = None
    workaround: bool = False
    resolved: datetime | None = None
    closed: datetime | None = None
    watches: dict[str, Stopwatch] = field(default_factory=dict)
    fixes: list[tuple[str, datetime]] = field(default_factory=list)

    @property
    def is_public(self) -> bool:
        return not self.facts["private"]

    @property
    def is_praise(self) -> bool:
        return bool(self.facts["type"] == "praise")

    @property
    def is_unique(self) -> bool:
        return self.status not in ("merged", "withdrawn")

    @property
    def is_open(self) -> bool:
        return self.status not in CLOSED

    def happens(self, entry: Entry, policies: Policies) -> None:
        """Take the next event."""
        kind, data = entry["sealed"]["kind"], entry["sealed"]["data"]
        at = datetime.fromisoformat(entry["sealed"]["at"])
        if kind in ("opened", "severity"):
            self.severity = data.get("severity" if kind == "opened" else "to") or self.severity
        moved = data.get("to") if kind in STATUS_IN_DATA else None
        self.status = moved or (self.status if kind in ("status", "answered") else LEADS_TO.get(kind, self.status))
        self._changes_owner(kind, entry)
        policy = policies.find(self.severity, self.facts["module"], self.owner)
        if kind == "opened":
            self.opened, self.start = at, datetime.fromisoformat(data["imported"]) if "imported" in data else at
            self.watches = {one: Stopwatch(one, policy[0][one], policy[1], self.start)
                            for one in ("acknowledge", "resolve")}  # fmt: skip
        else:
            for watch in self.watches.values():
                watch.goes_on(max(at, self.start), self.status, policy)
        self._reaches(kind, at, data)

    def _changes_owner(self, kind: str, entry: Entry) -> None:
        if kind in ("assigned", "claimed"):
            self.owner, self.owned = entry["owner"], True
        elif kind == "owner_silent":
            self.owner, self.owned = "", False
        elif kind in ("acknowledged", "status", "resolved"):
            self.owner = self.owner or entry["by"]
            self.owned = self.owned or kind != "resolved" or "fix" in entry["sealed"]["data"]  # else it was over itself

    def _reaches(self, kind: str, at: datetime, data: Entry) -> None:
        if self.acknowledged is None and self.status not in ("received", "withdrawn", "merged"):
            self.acknowledged = at
        if kind == "resolved":
            self.workaround, self.resolved = True, at
        if self.status not in ("resolved", "verified"):
            self.resolved = None
        self.closed = None if self.is_open else self.closed or at
        if kind in ("resolved", "recurred") or (kind == "reopened" and data.get("from") in ("resolved", "verified")):
            self.fixes.append((kind, at))

    def met(self, target: str) -> bool | None:
        at = self.acknowledged if target == "acknowledge" else self.resolved
        before = self.start if self.start != self.opened else None
        return self.watches[target].met(reached=at is not None and (before is None or at > before))


# Figures


def calculate(evidence: Evidence) -> Entry:
    """Calculate every figure from events, decisions, readings and definitions."""
    policies, tickets = Policies(evidence.definitions), dict[int, TicketReplay]()
    for entry in evidence.log:
        if entry["entry"] == "event":
            number = entry["sealed"]["ticket"]
            if number not in tickets:
                tickets[number] = TicketReplay(evidence.tickets[number])
            tickets[number].happens(entry, policies)
    every = [*tickets.values()]
    forecast, rate = _forecast(evidence, every)
    measures = {name: value for name, value in _measures(evidence, every, rate).items() if value is not None}
    scale = evidence.definitions["scale"]
    coverage = sum(scale[one][0] for one in measures) / sum(one[0] for one in scale.values())
    return {
        "gates": _gates(evidence, every), "measures": measures, "coverage": coverage, "forecast": forecast,
        "score": _score(measures, scale) if coverage >= evidence.definitions["least_coverage"] - 1e-9 else None,
        "signed": _is_signed(evidence.records),
    }  # fmt: skip


def _score(measures: Mapping[str, float], scale: Entry) -> float:
    points = weights = 0.0
    for name, value in measures.items():
        weight, bad, good = scale[name]
        points += weight * min(1.0, max(0.0, (value - bad) / (good - bad)))
        weights += weight
    return 100 * points / weights


def _is_signed(records: Sequence[Entry]) -> bool:
    proposed, roles = False, set[str]()
    for one in records:
        if one["subject"] == "proposal":
            proposed, roles = one["kind"] == "proposed", set()
        elif one["kind"] == "signed":
            roles.add(one["subject"])
    return proposed and roles == {"run", "business"}


def _settled_runs(evidence: Evidence) -> tuple[int, int, bool]:
    """Return how many first runs there are, how many are settled, and whether the handover is accepted."""
    newest = {one["subject"]: one["kind"] for one in evidence.records}
    runs = evidence.definitions["first_runs"]
    settled = sum(newest.get(f"run:{name}") in ("accepted", "waived") for name in runs)
    return len(runs), settled, newest.get("handover") == "accepted"


def _gates(evidence: Evidence, tickets: Sequence[TicketReplay]) -> Entry:
    rules = evidence.definitions
    unique = [one for one in tickets if one.is_unique]
    critical = [one for one in unique if one.severity == "critical"]
    since = max(evidence.ago(rules["rate_days"]), min(_start(evidence, tickets), evidence.ago(1)))
    quiet, high = _working_days_ago(evidence, rules["quiet_days"]), _working_days_ago(evidence, rules["high_days"])
    runs, settled, handed_over = _settled_runs(evidence)
    values = {
        "criticals": sum((ended := one.resolved or one.closed) is None or ended > quiet for one in critical),
        "critical_rate": _upper_rate(sum(one.opened >= since for one in critical), (evidence.at - since) / DAY),
        "first_runs": runs - settled,
        "handover": not handed_over,
        "highs": sum(one.severity == "high" and one.opened < high and one.is_open and not one.workaround
                     for one in unique),
        "owners": sum(one.is_open and not one.owned and not one.is_praise for one in tickets),
    }  # fmt: skip
    waived = {one["subject"] for one in evidence.records}
    limits = {"critical_rate": rules["critical_rate"]}
    found = {}
    for name, value in values.items():
        holds = value <= limits.get(name, 0)
        found[name] = {"value": float(value), "holds": holds, "passes": holds or f"gate:{name}" in waived}
    return found


def _working_days_ago(evidence: Evidence, count: int) -> datetime:
    hours, on = Hours.read(evidence.definitions["hours"]), evidence.today()
    days = (on - n * DAY for n in range(1, 400) if hours.works_on(on - n * DAY))
    return evidence.midnight(next(islice(days, count - 1, None), on - 400 * DAY))


def _start(evidence: Evidence, tickets: Sequence[TicketReplay]) -> datetime:
    """Return the midnight of the go-live or of the first report, whichever is earlier."""
    first = min((one.opened for one in tickets), default=evidence.at).astimezone(evidence.zone).date()
    live = evidence.definitions["go_live"]
    return evidence.midnight(min(first, date.fromisoformat(live) if live else first))


def _measures(evidence: Evidence, tickets: Sequence[TicketReplay], rate: float | None) -> dict[str, float | None]:
    rules, today = evidence.definitions, evidence.today()
    mine = [one for one in tickets if one.is_public and not one.is_praise]
    begins = evidence.ago(rules["flow_days"])
    opened = sum(begins <= one.opened < evidence.at for one in mine)
    closed = sum(one.closed is not None and begins <= one.closed < evidence.at for one in mine)
    period = evidence.ago(rules["period_days"])
    recent = [one for one in mine if period <= one.opened < evidence.at]
    targets = [met for one in recent for name in ("acknowledge", "resolve") if (met := one.met(name)) is not None]
    fixed, failed = _count_fixes(mine, period, rules["fix_days"] * DAY)
    adoption = [value for on, value in evidence.readings["adoption"]
                if today - 7 * DAY <= date.fromisoformat(on) <= today]  # fmt: skip
    known = [one for one in tickets if one.facts["known"]]
    asked, (runs, settled, handed_over) = evidence.readings["satisfaction"], _settled_runs(evidence)
    return {
        "remaining": rate,
        "net_flow": wilson(closed, opened + closed)[0] if opened + closed else None,
        "sla": wilson(sum(targets), len(targets))[0] if targets else None,
        "fixes": wilson(failed, fixed)[1] if fixed else None,
        "satisfaction": wilson(*asked)[0] if asked else None,
        "adoption": adoption[-1] / 100 if adoption else None,
        "knowledge": sum(one.facts["article"] for one in known) / len(known) if known else None,
        "transfer": (settled + handed_over) / (runs + 1),
    }


def _count_fixes(tickets: Iterable[TicketReplay], since: datetime, within: timedelta) -> tuple[int, int]:
    """Return how many fixes there were since then, and how many failed within that time."""
    fixed = failed = 0
    for one in tickets:
        last: datetime | None = None
        for kind, at in one.fixes:
            if at < since:
                continue
            if kind == "resolved":
                last, fixed = at, fixed + 1
            elif last is not None:
                failed += at - last <= within
                last = None
    return fixed, failed


def wilson(successes: int, n: int, population: int | None = None) -> tuple[float, float]:
    """Return the 95 % bounds of a share (Wilson 1927), of a finite population if it is given."""
    share, many = successes / n, float(n)
    if population is not None and population == n:
        return share, share
    if population is not None and population > n:
        many = n * (population - 1) / (population - n)
    root = Z * sqrt(share * (1 - share) / many + (Z / (2 * many)) ** 2)
    middle, scale = share + Z * Z / (2 * many), 1 + Z * Z / many
    return max(0.0, (middle - root) / scale), min(1.0, (middle + root) / scale)


def _upper_rate(count: int, days: float) -> float:
    """Return the mean at which that many events or fewer have a probability of 5 %, a day."""
    low, high = 0.0, 50.0 + 3 * count
    for _ in range(200):
        middle, term, total = (low + high) / 2, 1.0, 1.0
        for k in range(1, count + 1):
            term *= middle / k
            total += term
        low, high = (middle, high) if exp(-middle) * total > 0.05 else (low, middle)
    return high / days


# Forecast


def _forecast(evidence: Evidence, tickets: Sequence[TicketReplay]) -> tuple[Entry, float | None]:
    """Return the forecast, and the higher rate of both models; none where the forecast is refused."""
    live = evidence.definitions["go_live"]
    start = evidence.midnight(date.fromisoformat(live)) if live else _start(evidence, tickets)
    lengths = _lengths(evidence, start)
    found = sorted(one.opened for one in tickets
                   if one.is_public and one.facts["type"] not in NO_DEFECTS and one.acknowledged and one.is_unique
                   and start <= one.opened < evidence.at)  # fmt: skip
    total = _exposure(start, lengths, evidence.at)
    moments = [min(max(_exposure(start, lengths, one), total * 1e-9), total) for one in found]
    said: Entry = {"defects": len(found), "exposure": total, "refused": None}
    if len(moments) < MIN_DEFECTS or total <= 0:
        return {**said, "refused": "too few"}, None
    fitted = _fit(moments, total)
    return {**said, **fitted[0]}, fitted[1]


def _lengths(evidence: Evidence, start: datetime) -> list[float]:
    """Return the exposure of each whole day: days of use if that is known for each of them, and else days."""
    first = start.astimezone(evidence.zone).date()
    days = [first + n * DAY for n in range(max(0, (evidence.today() - first).days))]
    use = dict(evidence.readings["adoption"])
    known = [use.get(str(on), 0.0) for on in days]
    if not known or min(known) <= 0:
        return [1.0] * len(days)
    present = fsum(known[-7:]) / len(known[-7:])
    return [one / present for one in known]


def _exposure(start: datetime, lengths: Sequence[float], at: datetime) -> float:
    days = max(0.0, (at - start) / DAY)
    whole = min(int(days), len(lengths))
    return fsum(lengths[:whole]) + (days - whole) * (lengths[whole] if whole < len(lengths) else 1.0)


def _fit(moments: Sequence[float], total: float) -> tuple[Entry, float | None]:
    n, summed = len(moments), fsum(moments)
    if summed >= n * total / 2:
        return {"refused": "not falling"}, None

    def likelihood(all_: float, decay: float) -> float:
        return n * log(all_ * decay) - decay * summed + all_ * expm1(-decay * total)

    def best_all(decay: float) -> float:
        return n / -expm1(-decay * total)

    decay = _highest(lambda b: likelihood(best_all(b), b), 1e-9 / total, 1e4 / total)
    decay = _refine(decay, n, summed, total)
    all_ = best_all(decay)
    ratio = 2 * (likelihood(all_, decay) - (n * log(n / total) - n))
    if ratio <= CHI_SQUARE:
        return {"refused": "not shown"}, None
    logs = fsum(log(total / one) for one in moments)
    shape = n / logs
    scale = n / total**shape
    floor = likelihood(all_, decay) - CHI_SQUARE / 2

    def above(many: float) -> bool:
        b = _highest(lambda one: likelihood(many, one), 1e-9 / total, 1e4 / total)
        return likelihood(many, b) > floor

    low, high = all_, all_ * 2
    while above(high) and high < 1e9:
        low, high = high, high * 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if above(middle) else (low, middle)
    said = {"trend": (summed / total - n / 2) / sqrt(n / 12), "total": all_, "decay": decay, "remaining": all_ - n,
            "upper_remaining": high - n, "scale": scale, "shape": shape, "likelihood_ratio": ratio}  # fmt: skip
    return said, max(all_ * decay * exp(-decay * total), scale * shape * total ** (shape - 1))


def _highest(height: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function with one top is highest, by golden sections of the logarithm."""
    first, last, golden = log(low), log(high), (sqrt(5) - 1) / 2
    for _ in range(120):
        one, other = last - golden * (last - first), first + golden * (last - first)
        first, last = (first, other) if height(exp(one)) > height(exp(other)) else (one, last)
    return exp((first + last) / 2)


def _refine(decay: float, n: int, summed: float, total: float) -> float:
    """Return the root of the score near there, by bisection."""

    def score(b: float) -> float:
        return n / b - (n * total / expm1(b * total) if b * total < 700 else 0.0) - summed

    low, high = decay * 0.99, decay * 1.01
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if score(middle) > 0 else (low, middle)
    return (low + high) / 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
