"""Filters of ticket lists, written as words such as `open critical mine module:checkout older:2d`."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from domain.address import is_channel, is_direct, is_person
from domain.errors import Refused
from domain.spelling import nearest
from domain.tickets.status import Status
from domain.tickets.ticket import Intake, Severity
from domain.tickets.types import ASKS, TicketType
from domain.typed import DOUBLE, SINGLE, instruction, plain, visible

SPAN = re.compile(r"^(\d{1,4})([mhdw])$")
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
PERSON = re.compile(r"^<?@?([A-Z0-9]{5,})(?:\|[^>]*)?>?$")
NONE = "none"  # the value of what was not given, as in `type:none`
TYPE_FIELDS = {one.id for own in ASKS.values() for one in own}  # as in `endpoint:/pay`
WORDS = (
    "unsorted",
    "open",
    "closed",
    "all",
    "mine",
    "affected",
    "owned",
    "unowned",
    "private",
    "public",
    "tasks",
    "unique",
    "late",
)
KEYS = ("module", "process", "category", "type", "older", "newer", "quiet", "owner", "by", "source", "channel",
        "priority", "phase")  # fmt: skip
MOMENTS = ("opened", "resolved", "reopened", "breached", "due")  # events that a list can be limited to by date
DAY = timedelta(days=1)
_DOUBLE, _SINGLE = DOUBLE + '"', SINGLE + "'"
EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
# A phrase in quotes, or one word; a single quote within a word is an apostrophe.
QUOTED = re.compile(
    rf"([^\W\d_]+[:：])?(?:[{_DOUBLE}]([^{_DOUBLE}]*)[{_DOUBLE}]|[{_SINGLE}]([^{_SINGLE}]*)[{_SINGLE}](?!\S))|(\S+)"
)


@dataclass(frozen=True, slots=True)
class AgeRange:
    """Tickets whose `moment` lies from `begins` until just before `ends`; breached means that a target was missed."""

    moment: str
    begins: datetime
    ends: datetime

    def __str__(self) -> str:
        """The filter word that `read` takes."""
        begins, ends = (at.astimezone(UTC).replace(tzinfo=None).isoformat() for at in (self.begins, self.ends))
        return f"{self.moment}:{begins}..{ends}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which tickets a list shows. Empty means all open ones; `words` are searched for in the tickets."""

    scope: str = "open"  # open, closed or all
    statuses: tuple[Status, ...] = ()
    severities: tuple[Severity, ...] = ()
    types: tuple[TicketType, ...] = ()
    modules: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    sources: tuple[Intake, ...] = ()
    channels: tuple[str, ...] = ()  # in which they were reported
    answers: tuple[tuple[str, str], ...] = ()  # to fields of a type: (id of the field, a part of the answer)
    unsorted: bool = False  # without a type, or without an owner
    unweighed: bool = False  # without what its priority is made of
    mine: bool = False  # reported by the reader
    affected: bool = False  # affecting the reader
    owned: bool = False  # by the reader
    unowned: bool = False
    private: bool = False
    public: bool = False  # not private
    tasks: bool = False  # needs work, which is everything but praise
    unique: bool = False  # not merged into another ticket
    late: bool = False  # missed an SLA target
    owner: str = ""
    reporter: str = ""
    phase: str = ""
    older: timedelta | None = None  # opened before that
    newer: timedelta | None = None
    quiet: timedelta | None = None  # no event for that long
    spans: tuple[AgeRange, ...] = ()
    words: tuple[str, ...] = field(default=())


def read(text: str) -> Filter:
    """Read a filter; Refused, with the nearest keyword, for an unknown one."""
    said: dict[str, object] = {}
    for key, double, single, bare in QUOTED.findall(visible(text)):
        phrase = (double or single).strip()
        if not bare:
            _keyed(said, plain(key).rstrip(":").lower(), phrase) if key else _add(said, "words", phrase)
        elif word := instruction(bare):
            name, colon, value = word.partition(":")
            _take(said, name.lower() if colon else "", value if colon else word)
    return Filter(**said)  # type: ignore[arg-type]


def _take(said: dict[str, object], key: str, value: str) -> None:
    if key:
        _keyed(said, key, value)
        return
    word = value.lower()
    if word in ("open", "closed", "all"):
        said["scope"] = word
    elif word in WORDS:
        said[word] = True
    elif word in list(Status):
        _add(said, "statuses", Status(word))
        said["scope"] = "all"
    elif word in list(Severity):
        _add(said, "severities", Severity(word))
    elif word in list(TicketType) and word not in ("none", "question", "security"):
        _add(said, "types", TicketType(word))
    else:
        _add(said, "words", value)


def _keyed(said: dict[str, object], key: str, value: str) -> None:
    if key not in (*KEYS, *MOMENTS, *TYPE_FIELDS):
        guess = nearest(key, (*KEYS, *MOMENTS))
        hint = (
            f"Did you mean `{guess}:`?" if guess else f"Use one of: {', '.join(f'`{k}:`' for k in (*KEYS, *MOMENTS))}."
        )
        raise Refused(f"I can't filter by “{key}”. {hint}")
    if not value:
        raise Refused(f"`{key}:` has no value. Add one, as in `{key}:{EXAMPLES.get(key, 'timeout')}`.")
    if key in TYPE_FIELDS:
        _add(said, "answers", (key, value))
    elif key in MOMENTS:
        _add(said, "spans", _between(key, value))
        said["scope"] = "all"
    elif key in ("owner", "priority") and value.lower() == NONE:
        said["unowned" if key == "owner" else "unweighed"] = True
    else:
        _with_value(said, key, value)


def _with_value(said: dict[str, object], key: str, value: str) -> None:
    match key:
        case "module" | "process" | "category":
            _add(said, {"process": "processes", "category": "categories"}.get(key, "modules"), value)
        case "older" | "newer" | "quiet":
            said[key] = _span(key, value)
        case "channel":
            _add(said, "channels", _channel(value))
        case "owner" | "by":
            said["owner" if key == "owner" else "reporter"] = _person(key, value)
        case "type":
            _add(said, "types", _one_of(TicketType, value.replace(" ", "_").replace("-", "_"), "type"))
        case "source":
            _add(said, "sources", _one_of(Intake, value, "source"))
        case "phase":
            said["phase"] = value.upper()
        case _:
            raise Refused("Lists are sorted by priority. To see what has none yet, use `priority:none`.")


def _channel(value: str) -> str:
    found = value.upper().lstrip("#")
    if not (is_channel(found) or is_direct(found)):
        raise Refused(f"“{value}” isn't a channel. Type `channel:#` and choose the name that Slack offers.")
    return found


EXAMPLES = {
    "module": "checkout", "process": '"month end"', "category": "print", "type": "bug", "older": "2d", "newer": "4h",
    "quiet": "1d", "owner": "@jo", "by": "@maria", "source": "mention", "phase": "PAY",
    "channel": "#payroll-help", "priority": "none",
    **dict.fromkeys(MOMENTS, "2026-11-02..2026-11-06"),
}  # fmt: skip


def _add(said: dict[str, object], name: str, value: object) -> None:
    said[name] = (*said.get(name, ()), value)  # type: ignore[misc]


def _span(key: str, value: str) -> timedelta:
    found = SPAN.match(value.lower())
    if not found:
        raise Refused(f"“{value}” isn't a length of time for `{key}:`. Use one such as 30m, 4h, 2d or 1w.")
    return int(found.group(1)) * UNITS[found.group(2)]


def _between(key: str, value: str) -> AgeRange:
    """Read a range such as `2026-11-02..2026-11-06`, whose last day is included; either side may be left out."""
    first, dots, last = value.partition("..")
    begins = _moment(key, first)[0] if first else EVER[0]
    if dots and not last:
        return AgeRange(key, begins, EVER[1])
    moment, length = _moment(key, last or first)
    return AgeRange(key, begins, min(moment, EVER[1]) + length)


def _moment(key: str, text: str) -> tuple[datetime, timedelta]:
    """Return a moment in UTC, and the length it adds as the end of a range: a day, or nothing for a time."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"“{text}” isn't a date. Use dates or times, as in `{key}:{EXAMPLES[key]}`.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC), timedelta(0) if "T" in text else DAY


def _person(key: str, value: str) -> str:
    found = PERSON.match(value)
    if not (found and is_person(found.group(1))):
        raise Refused(f"“{value}” isn't a person. Type `{key}:@` and choose the name that Slack offers.")
    return found.group(1)


def _one_of(kinds: type[TicketType] | type[Intake], value: str, what: str) -> TicketType | Intake:
    names = [str(kind.value) for kind in kinds]
    if value.lower() in names:
        return kinds(value.lower())
    guess = nearest(value, names)
    sentence = f"There is no {what} “{value}”."
    raise Refused(f"{sentence} Did you mean {guess}?" if guess else sentence)
