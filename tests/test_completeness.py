"""Whatever is added to a list has to be complete: each status, event, verb, timer and button, wherever it is needed.

Each check names what is missing in one line, and the last test shows that it would.
"""

import ast
import re
from collections.abc import Collection, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from bot.metrics import METHODS
from bot.services.registry import TIMERS
from bot.services.tickets.offers import OFFERS
from bot.views.home.help import VERBS
from bot.views.home.tools import BY_TYPED
from bot.views.operations.alerts import WHAT
from bot.views.pulse.pulse import QUESTIONS
from bot.views.tickets import timeline
from bot.views.tickets.card import MORE
from domain.delivery.lanes import LaneKind
from domain.delivery.message import MessageKind
from domain.delivery.rate_limits import RATES
from domain.signals.kinds import KINDS
from domain.sla.clocks import STATUS_AFTER, SlaTarget
from domain.tables import check_complete
from domain.tickets.event import EventKind
from domain.tickets.status import STATUSES, Status
from domain.tickets.ticket import MEANINGS, Deferral, Fix, Intake, Severity
from domain.tickets.types import TicketType
from handlers import routes
from handlers.tickets import lists
from tests.trust import doors
from tests.trust.test_commit_points import TIMER_KINDS

ROOT = Path(__file__).parents[1]
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
USE = (ROOT / "docs" / "use.md").read_text(encoding="utf-8")
HINT = str(
    yaml.safe_load((ROOT / "manifest.yaml").read_text(encoding="utf-8"))["features"]["slash_commands"][0]["usage_hint"]
)
# Verbs that answer what was not understood. People do not type them.
NOT_TYPED = {"", "?"}


def missing(what: str, wanted: Iterable[str], known: Collection[str], where: str) -> list[str]:
    """One line for each of these that is not known there."""
    return [f"{what} {str(name)!r} is missing in {where}" for name in wanted if name not in known]


def rows(heading: str) -> set[str]:
    """What the table under that heading of the glossary explains."""
    section = GLOSSARY.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `([^`]+)`", section, flags=re.MULTILINE))


def modules(folder: str) -> Iterator[ModuleType]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        yield import_module(name.removesuffix(".__init__"))


def value_of(node: ast.expr, module: ModuleType) -> str | None:
    """A text in code, or the beginning of one, as far as it can be known without running it."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.Name(id=name):
            found = getattr(module, name, None)
            return found if isinstance(found, str) else None
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            found = getattr(getattr(module, name, None), attribute, None)
            return found if isinstance(found, str) else None
        case ast.JoinedStr(values=[first, *_]):
            return value_of(first, module)
        case ast.FormattedValue(value=inner) | ast.Subscript(value=inner):
            return value_of(inner, module)
    return None


def calls(module: ModuleType, function: str) -> Iterator[ast.Call]:
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name == function:
                yield node


def pressed() -> Iterator[str]:
    """The action of every button that a view draws."""
    for module in modules("bot/views"):
        for call in calls(module, "button"):
            if len(call.args) > 1 and (found := value_of(call.args[1], module)):
                yield found.partition(":")[0]


def planned() -> Iterator[str]:
    """The kind of every timer that a service sets."""
    for module in modules("bot/services"):
        for function in ("set_once", "set_recurring"):
            for call in calls(module, function):
                if len(call.args) > 1 and (found := value_of(call.args[1], module)):
                    yield found


def test_every_status_has_its_meaning_its_words_and_its_place_in_the_glossary() -> None:
    silent = [f"Status {status} has no {name}" for status, meaning in STATUSES.items()
              for name in ("label", "for_reporter") if not getattr(meaning, name)]  # fmt: skip
    assert silent == []
    assert missing("Status", Status, rows("Statuses"), "docs/glossary.md") == []


def test_every_lane_has_its_words_for_what_could_not_be_delivered() -> None:
    assert missing("Lane", LaneKind, WHAT, "WHAT of bot/views/operations/alerts.py") == []


def test_every_kind_of_message_is_counted_and_has_its_pace() -> None:
    assert missing("Kind", MessageKind, METHODS, "METHODS of bot/metrics.py") == []
    assert missing("Kind", MessageKind, RATES, "RATES of domain/delivery/rate_limits.py") == []


def test_every_status_can_be_reached_and_its_clock_knows_how() -> None:
    followers = {after for status in Status for after in status.next} | {Status.RECEIVED}
    assert missing("Status", Status, followers, "what may follow another one") == []
    # A status is entered by an event of its own, or by one that names it.
    named = {status for status in Status if status.meaning.chosen} | {Status.ACKNOWLEDGED}
    assert missing("Status", Status, {*STATUS_AFTER.values(), *named}, "STATUS_AFTER of domain/sla/clocks.py") == []


def test_every_event_has_its_line_in_the_timeline_and_in_the_glossary() -> None:
    assert missing("Event", EventKind, {*timeline.DID, *timeline.SAYS}, "bot/views/tickets/timeline.py") == []
    assert missing("Event", EventKind, rows("Events"), "docs/glossary.md") == []


@pytest.mark.parametrize(
    ("heading", "kind"),
    [("Severities", Severity), ("Types", TicketType), ("SLA targets", SlaTarget), ("Ways in", Intake),
     ("Fixes", Fix), ("Deferrals", Deferral), ("Outbox messages", MessageKind)],
)  # fmt: skip
def test_every_value_is_in_the_glossary(heading: str, kind: Iterable[str]) -> None:
    assert missing(heading, kind, rows(heading), "docs/glossary.md") == []
    assert rows(heading) <= {*kind}, "the glossary explains what there is no more"


def test_every_severity_and_type_has_its_words() -> None:
    assert [f"Severity {one.value!r} has no meaning" for one, meaning in MEANINGS.items() if not meaning] == []
    assert [f"Type {kind.value!r} has no label" for kind in TicketType if not kind.label] == []


def test_every_verb_is_in_the_help_and_in_the_docs() -> None:
    typed = routes.COMMANDS.keys() - NOT_TYPED
    assert missing("Verb", sorted(typed), VERBS, "bot/views/home/help.py") == []
    assert missing("Help", sorted(VERBS), typed, "COMMANDS of handlers") == []
    documented = set(re.findall(r"`(?:/hypercare )?([a-z]+)[^`]*`", USE))
    assert missing("Verb", sorted(typed), documented, "docs/use.md") == []
    assert missing("Hint", re.findall(r"[a-z]+", re.sub(r"[A-Z]+-\d+", "", HINT)), typed, "COMMANDS of handlers") == []


# How a verb about one ticket is done without typing its number, where the button is not called as the verb is.
PRESSED = {"ack": "acknowledge", "metoo": "me_too", "article": "article_new", "warroom": "war_room",
           "unfollow": "follow"}  # fmt: skip


def test_nothing_needs_to_be_typed() -> None:
    """Each verb is a button of a ticket, of the App Home or of its menu."""
    of_ticket = {verb for verb, (usage, _) in VERBS.items() if "PAY-" in usage}
    assert {"resolve", "merge", "status"} <= of_ticket
    offered = {*pressed(), *(name for name, _ in MORE), *in_full_ticket()}
    for verb in sorted(of_ticket):
        assert PRESSED.get(verb, verb) in offered, f"Verb {verb!r} has no button"
    assert missing("Verb", sorted(VERBS.keys() - of_ticket), {tool.verb for tool in BY_TYPED.values()} | {*pressed()},
                   "TOOLS of bot/views/home/tools.py") == []  # fmt: skip


def in_full_ticket() -> Iterator[str]:
    """The actions that the full ticket offers: the first of a name and its label."""
    for node in ast.walk(ast.parse(Path(str(lists.__file__)).read_text(encoding="utf-8"))):
        match node:
            case ast.Tuple(elts=[name, ast.Constant(value=str()), *_]) if found := value_of(name, lists):
                yield found


def test_every_button_has_its_handler() -> None:
    found = set(pressed())
    assert len(found) > 40, "the buttons are no longer found"
    assert missing("Action", sorted(found), routes.ACTIONS, "ACTIONS of handlers") == []


# What opens something that is there for good, or says itself what there is by now.
LASTING = {
    "sessions",
    "session_notes",
    "session_plan",
    "actions",
    "action_add",
    "action_edit",
    "action_improve",
    "ai",
    "api",
    "article_new",
    "bulk",
    "contact_log",
    "decision_add",
    "decision_outcome",
    "decision_reverse",
    "decisions",
    "details",
    "draft_use",
    "draft_use_learned",
    "exit",
    "help",
    "known",
    "list",
    "me_too",
    "metrics",
    "mine",
    "oncall_override",
    "oncall_swap",
    "oncall_test",
    "problem_add",
    "problem_show",
    "report",
    "rules",
    "rules_log",
    "rules_try",
    "setup",
    "show",
    "topics",
    "trends",
    "workarounds",
}
# What stands only in an answer to one person, in a modal or in an App Home, which are drawn for each press.
IN_ANSWERS = {
    "session_edit",
    "session_items",
    "article_helped",
    "article_retire",
    "draft_post_mortem",
    "draft_themes",
    "drop_message",
    "drop_view",
    "import_open",
    "more_details",
    "not_a_report",
    "open_report_form",
    "open_view",
    "phase_end",
    "phase_section",
    "phase_start",
    "post_mortem_ask",
    "post_mortem_edit",
    "post_mortem_post",
    "problem_resolve",
    "pulse_edit",
    "retry_message",
    "same_problem",
    "save_view",
    "severity_answer",
    "turn",
    "use_suggestion",
    "workaround_date",
    "workaround_end",
    "lessons_take",
}
# The messages of these are written anew by the service that does what they offer: cards, pages, drafts, questions.
WRITTEN_ANEW = {
    "acknowledge",
    "acknowledge_all",
    "defer",
    "import_cancel",
    "import_start",
    "note_edit",
    "note_skip",
    "oncall_got_it",
    "rehearsal_here",
    "reply",
    "snooze",
    "stand_up",
    "swap_no",
    "swap_yes",
    "take",
    "unmerge",
    "war_room_close",
    "war_room_roles",
}


def test_every_button_of_a_message_goes_when_its_action_is_over() -> None:
    """A button that is drawn belongs to one of the kinds above, or the rules of its area take it away."""
    of_tickets = {name for first, offer in OFFERS.items() for name in (first, *offer.beside)}
    ended = {node.id if isinstance(node, ast.Name) else value_of(node, module) or ""
             for module in modules("bot/services") for call in calls(module, "end_offers") if len(call.args) > 2
             for node in (call.args[2].elts if isinstance(call.args[2], ast.List) else [call.args[2]])}  # fmt: skip
    assert {"capacity", "decision_decide", "exit_decide", "exit_sign", "article_open"} <= ended
    known = LASTING | IN_ANSWERS | WRITTEN_ANEW | of_tickets | ended | {*QUESTIONS}
    assert missing("Action", sorted(set(pressed())), known, "what ends a button, in tests/test_completeness.py") == []
    assert of_tickets.isdisjoint(LASTING | IN_ANSWERS)


def test_every_timer_has_its_handler_and_its_place_in_the_glossary() -> None:
    found = set(planned())
    assert len(found) > 12, "the timers are no longer found"
    assert missing("Timer", sorted(found), TIMERS, "TIMERS of bot/services") == []
    assert missing("Timer", sorted(TIMERS), rows("Timers"), "docs/glossary.md") == []


def test_every_kind_of_signal_has_its_page_its_sample_and_a_request_in_the_tests() -> None:
    """A kind is one module in domain/signals/kinds; the rest of it is asked for here."""
    page = (ROOT / "docs" / "signals.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^## .+ \(`(\w+)`\)$", page, flags=re.MULTILINE))
    samples = {path.stem for path in (ROOT / "sandbox" / "signals").glob("*.json")}
    contracts = {path.parent.name for path in (ROOT / "tests" / "signals" / "contracts").glob("*/*.json")}
    assert missing("Kind", KINDS, explained, "the headings of docs/signals.md") == []
    assert missing("Kind", KINDS, samples, "sandbox/signals") == []
    assert missing("Kind", KINDS, contracts, "tests/signals/contracts") == []


def test_what_is_missing_is_said_in_one_line() -> None:
    assert missing("Event", [EventKind.OPENED, "parked"], {*timeline.DID, *timeline.SAYS}, "the timeline") == [
        "Event 'parked' is missing in the timeline"
    ]
    with pytest.raises(LookupError) as found:
        check_complete(Severity, [one for one in Severity if one is not Severity.LOW])
    assert str(found.value) == "Severity 'low' has no row in its table in domain.tickets.ticket"
    assert missing("Verb", ["park", "report"], VERBS, "the help") == ["Verb 'park' is missing in the help"]


def test_every_door_has_a_scenario_in_which_it_is_broken() -> None:
    """tests/trust plays each handler and each timer, and breaks it at each of its commits."""
    assert [f"{door}: add a scenario to DOORS in tests/trust/doors.py" for door in doors.missing()] == []
    assert missing("Timer", sorted(TIMERS), TIMER_KINDS, "TIMER_KINDS of tests/trust") == []
