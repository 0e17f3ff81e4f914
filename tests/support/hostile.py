"""Hostile values of any type: long, empty, right to left, with control characters, pings, NaN and huge numbers."""

import dataclasses
import enum
import random
import types
import typing
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from domain.exit.readiness import GateResult, Measure, Readiness, scales
from domain.gateways.latency import LatencySketch
from domain.phases.phase import Phase
from domain.pulse.settings import Question, QuestionKind
from domain.signals.kinds import KINDS
from domain.tickets.types import TicketType

TEXTS = (
    *("", " ", "x", "Slow page", "<!channel> & <@U0MARIA00> <https://evil.example|bank>", "@here *bold* `code`"),
    *("\u202eright to left \u05d0\u05d1", "\x00\x07\u2028control", "👩‍👩‍👧‍👦🏽 emoji", "a" * 250, "word " * 700),
    *("é&<>" * 800, "line\n" * 300, "\u3164\u200b", "|", "^{date}", ":", "0"),
)
NUMBERS = (0, 1, 2, -1, 19, 10**6, 10**30)
FLOATS = (0.0, 1.0, -1.5, 33.333333333, 1e-12, 1e300, float("nan"), float("inf"), float("-inf"))
PEOPLE, CHANNELS = ("U0MARIA00", "U0JO00000", "W0GRID000"), ("C0DESK000", "D0DIRECT0")
IDS = {
    ("reporter", "owner", "person", "by", "filed_by", "leads", "called", "responsible", "maker", "people", "instead_of",
     "asked_by", "to", "on_call", "declined", "paged", "responders", "lead",
     "communications", "scribe", "author", "noted_by", "opened_by", "closed_by", "host",
     "participants", "present"): PEOPLE,
    ("channel", "channels", "place", "places", "triage_channel", "oncall_channel", "digest_channel", "private_channel",
     "intake_channels", "auto_intake"): CHANNELS,
    ("ts", "thread_ts"): ("1700000000.000100",),
    ("timezone", "zone"): ("UTC", "Pacific/Kiritimati"),
    ("asked", "ticket", "source"): tuple(text[:500] for text in TEXTS),
    ("text_of_praise", "words"): ("Thank you", "<!channel>", "w" * 2_900),
    ("phase", "intake"): ("PAY",),
    ("key", "callback", "verb", "id"): ("PAY", "a"),
    ("after_events",): ("", *TicketType),
    ("choice",): ("accept", "defer", "people"),
    ("kind",): ("line", "bar"),
    ("style",): ("rich_text_section",),
    ("rota", "rotas"): ("primary", "r" * 30),
    ("hand_over", "start", "end", "opens", "closes", "starts", "ends"): ("08:00", "17:30"),
    ("hours",): ("08:00-17:30",),
    ("days", "work_days", "only_days"): ("mon-fri", "sat"),
    ("action", "severity"): ("assign", "severity", "resolve"),
}  # fmt: skip
BY_NAME = {name: values for names, values in IDS.items() for name in names}
# Texts that are names of something the program knows, by type and field.
BY_FIELD = {
    ("TypePair", "one"): tuple(TicketType),
    ("TypePair", "other"): tuple(TicketType),
    ("DoorLine", "kind"): tuple(KINDS),
    ("MissLine", "kind"): tuple(KINDS),
    ("AlertLine", "source"): tuple(KINDS),
}
MAX_DEPTH, MANY = 6, (0, 1, 2, 25)


def make(chance: random.Random, hint: Any, name: str = "", depth: int = 0) -> Any:
    """Return a value of that type; `name` is what the field or argument is called."""
    hint = getattr(hint, "__value__", hint)  # the value of a `type` alias
    origin, args = get_origin(hint), get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return make(
            chance, chance.choice([one for one in args if depth < MAX_DEPTH or one is type(None)] or args), name, depth
        )
    if origin is Literal:
        return chance.choice(args)
    if origin is typing.Annotated:
        return make(chance, args[0], name, depth)
    if origin in (list, Sequence, tuple, set, frozenset, AbstractSet, Collection, Iterable) or hint in (list, tuple):
        return _several(chance, origin, args, name, depth)
    if origin in (dict, Mapping, Counter):
        value = args[1] if len(args) > 1 else int
        pairs = [
            (make(chance, args[0], "", depth + 1), make(chance, value, name, depth + 1))
            for _ in range(_count(chance, depth))
        ]
        return Counter(dict(pairs)) if origin is Counter else dict(pairs)
    return _single(chance, hint, name, depth)


def _several(chance: random.Random, origin: Any, args: tuple[Any, ...], name: str, depth: int) -> Any:
    if origin is tuple and args and args[-1] is not Ellipsis:
        return tuple(make(chance, one, name, depth + 1) for one in args)
    inner = [make(chance, args[0], name, depth + 1) for _ in range(_count(chance, depth))]
    return {tuple: tuple, set: set, frozenset: frozenset, AbstractSet: set}.get(origin, list)(inner)


def _count(chance: random.Random, depth: int) -> int:
    return chance.choice(MANY if depth < 2 else (0, 1, 2))


def _single(chance: random.Random, hint: Any, name: str, depth: int) -> Any:
    simple: dict[Any, Callable[[], Any]] = {
        int: lambda: chance.randrange(1, 10**12) if name in ("id", "number", "ticket_id") else chance.choice(NUMBERS),
        str: lambda: chance.choice(BY_NAME.get(name, TEXTS)),
        bool: lambda: chance.random() < 0.5,
        float: lambda: chance.choice(FLOATS),
        datetime: lambda: datetime(2026, 3, chance.randrange(1, 28), 9, 30, tzinfo=UTC),
        date: lambda: date(2026, 3, chance.randrange(1, 28)),
        time: lambda: time(chance.randrange(24)),
        timedelta: lambda: timedelta(minutes=chance.choice((0, 1, 90, 10**5))),
        type(None): lambda: None,
        Any: lambda: chance.choice(TEXTS),
        bytes: lambda: b"x",
    }
    if hint in simple:
        return simple[hint]()
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return chance.choice(list(hint))
    if hint is Question:
        return _question(chance)
    if hint is Phase:
        return _phase(chance)
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return _model(chance, hint, depth)
    if hint is Readiness:
        return _readiness(chance)
    if hint is LatencySketch:
        return _latency(chance)
    if dataclasses.is_dataclass(hint):
        return _dataclass(chance, hint, depth)
    raise TypeError(f"no hostile {hint}")


def _dataclass(chance: random.Random, hint: Any, depth: int) -> Any:
    hints = typing.get_type_hints(hint)
    known = {name: str(chance.choice(values)) for (owner, name), values in BY_FIELD.items() if owner == hint.__name__}
    made = {one.name: make(chance, hints[one.name], one.name, depth + 1)
            for one in dataclasses.fields(hint) if one.init and one.name not in known}  # fmt: skip
    return hint(**made, **known)


def _readiness(chance: random.Random) -> Readiness:
    """A readiness in which each measure has a value or the reason for which it has none."""
    measured = chance.sample(list(Measure), chance.choice((0, 4, len(Measure))))
    return Readiness(
        gates=make(chance, Sequence[GateResult], depth=1),
        measures={one: chance.choice(FLOATS) for one in measured},
        scale=scales(0.5),
        missing={one: chance.choice(TEXTS)[:500] for one in Measure if one not in measured},
    )


def _latency(chance: random.Random) -> LatencySketch:
    made = LatencySketch()
    for value in (0.0, 12.5, 90_000.0)[: chance.choice((0, 1, 3))]:
        made.add(value)
    return made


def _phase(chance: random.Random) -> Phase:
    modules = tuple(dict.fromkeys(f"{text[:70]}{n}" for n, text in enumerate(TEXTS) if text.strip()))
    people = {"leads": ("U0LENA000",), "responders": ("U0JO00000",)}
    places = {"triage_channel": "C0DESK000", "oncall_channel": "C0CALL000", "digest_channel": "C0DIGEST0"}
    name = chance.choice(("Payday go-live", "<!channel> & " + "n" * 60))
    intake = {"modules": modules[: chance.choice((0, 3, 9))]}
    return Phase.model_validate(
        {"id": 1, "key": "PAY", "name": name, "timezone": "Europe/Berlin", "intake_channels": ("C0HELP000",),
         "intake": intake, **people, **places}
    )  # fmt: skip


def _question(chance: random.Random) -> Question:
    kind = chance.choice(list(QuestionKind))
    options = tuple(f"{text[:60]} {n}" for n, text in enumerate(TEXTS[:6])) if kind is QuestionKind.CHOICE else ()
    text = chance.choice(("Easy?", "é&<>" * 70))
    return Question.model_construct(id=f"q{chance.randrange(10**9)}", kind=kind, text=text, options=options)


def _model(chance: random.Random, hint: type[BaseModel], depth: int) -> Any:
    """A model without its validation, so that also what no settings file says is shown."""
    hints = typing.get_type_hints(hint)
    given = {}
    for name, field in hint.model_fields.items():
        keep = not field.is_required() and (depth >= MAX_DEPTH or chance.random() < 0.5)
        made = field.get_default(call_default_factory=True) if keep else make(chance, hints[name], name, depth + 1)
        limits = field.metadata + [one for part in get_args(hints[name]) for one in getattr(part, "__metadata__", ())]
        given[name] = _limited(made, limits)
    return hint.model_construct(**given)


def _limited(made: Any, limits: Sequence[Any]) -> Any:
    """The value as its field's type limits it, where that is about text."""
    if not isinstance(made, str):
        return made
    for one in limits:
        if getattr(one, "pattern", None):
            return "weekly"
        if most := getattr(one, "max_length", None):
            made = made[:most].strip() or "x"
    return made
