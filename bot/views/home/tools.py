"""The menu of an App Home: what the team does that is about no single ticket, each as it would be typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.views import form
from bot.views.inputs import FormField, TextInput
from bot.views.text import Block, plain, quote, section
from domain.phases.phase import Phase

GO = "go"
MAX_MENUS = 3  # phases with a menu of their own
PLACEHOLDER = "Choose what to do"
IF_SEVERAL = "Empty if there is only one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """What is typed, its label, and the words that it asks for before it begins; "" in `asks` for none."""

    typed: str
    label: str
    leads: bool = False
    asks: str = ""
    hint: str = ""
    required: bool = False

    @property
    def verb(self) -> str:
        return self.typed.partition(" ")[0]

    @property
    def fields(self) -> Sequence[FormField]:
        return (TextInput(id="words", label=self.asks, multiline=False, limit=500, hint=self.hint,
                          required=self.required),)  # fmt: skip


TOOLS: Mapping[str, Sequence[Tool]] = {
    "Tickets": (
        Tool(typed="find", label="Find tickets", asks="Words to look for", required=True),
        Tool(typed="known", label="Known issues"),
        Tool(typed="bulk", label="Change many tickets", leads=True, asks="Which tickets", required=True,
             hint="As in: open module:checkout"),
        Tool(typed="workarounds", label="Workarounds"),
        Tool(typed="parties", label="Who tickets are with"),
    ),
    "Team": (
        Tool(typed="agenda", label="Today's agenda"),
        Tool(typed="oncall", label="Who is on call"),
        Tool(typed="oncall swap", label="Swap a shift"),
        Tool(typed="oncall override", label="Stand in for a shift"),
        Tool(typed="actions", label="Open actions"),
        Tool(typed="decisions", label="Decisions"),
        Tool(typed="problems", label="Problems and causes"),
        Tool(typed="articles", label="Articles"),
        Tool(typed="event", label="Record a deployment", asks="What happened", required=True,
             hint="Its kind and its name, as in: deployment Release 4.2"),
    ),
    "Users": (
        Tool(typed="pulse results", label="Survey results", asks="Name of the survey", hint=IF_SEVERAL),
        Tool(typed="pulse preview", label="Preview a survey", leads=True, asks="Name of the survey", hint=IF_SEVERAL),
        Tool(typed="pulse now", label="Start a survey now", leads=True, asks="Name of the survey",
             hint=IF_SEVERAL),
        Tool(typed="pulse new", label="New survey", leads=True),
        Tool(typed="pulse edit", label="Change a survey", leads=True),
        Tool(typed="note", label="Draft the weekly note", leads=True),
        Tool(typed="thanks", label="Thank people", leads=True, asks="Whom you thank, and for what", required=True),
        Tool(typed="sessions", label="Sessions with users"),
        Tool(typed="contacts", label="Floor walking"),
        Tool(typed="form", label="Link to the web form", leads=True, asks="Days until the link ends",
             hint="Empty for 90"),
    ),
    "Figures": (
        Tool(typed="digest preview", label="Preview the digest"),
        Tool(typed="digest now", label="Send the digest now", leads=True, asks="Name of the digest",
             hint=IF_SEVERAL),
        Tool(typed="metrics", label="Metrics"),
        Tool(typed="trends", label="Trends"),
        Tool(typed="exit", label="Exit readiness"),
        Tool(typed="pitfalls", label="Pitfalls", leads=True),
        Tool(typed="api", label="API traffic"),
        Tool(typed="ai", label="AI calls and costs"),
        Tool(typed="postmortem", label="Post-mortem"),
    ),
    "Phase": (
        Tool(typed="phase", label="What is set up", leads=True),
        Tool(typed="setup", label="Channels and people", leads=True),
        Tool(typed="rules", label="Rules"),
        Tool(typed="signals", label="Integrations for alerts", leads=True),
        Tool(typed="rehearse", label="Rehearsal", leads=True),
        Tool(typed="status", label="Health of Hypercare", leads=True),
    ),
}  # fmt: skip
BY_TYPED = {tool.typed: tool for tools in TOOLS.values() for tool in tools}


def menus(phases: Sequence[tuple[Phase, bool]]) -> list[Block]:
    """Return a menu for each of the first phases, given with whether the person leads it."""
    return [_menu(place, phase, leads=leads) for place, (phase, leads) in enumerate(phases[:MAX_MENUS])]


def _menu(place: int, phase: Phase, *, leads: bool) -> Block:
    groups = []
    for title, tools in TOOLS.items():
        mine = [tool for tool in tools if leads or not tool.leads]
        options = [{"text": plain(tool.label), "value": f"{phase.key}:{tool.typed}"} for tool in mine]
        groups += [{"label": plain(title), "options": options}] if options else []
    menu = {"type": "static_select", "action_id": f"{GO}:{place}", "placeholder": plain(PLACEHOLDER),
            "option_groups": groups}  # fmt: skip
    return section(f"*More for {quote(phase.name, 100)}*", accessory=menu)


def words_form(tool: Tool, key: str) -> Block:
    """Return the form for the words that a tool asks for."""
    return form.modal(GO, tool.label, tool.fields, submit="Go", metadata={"go": f"{key}:{tool.typed}"})


def read_words(view: Mapping[str, Any], tool: Tool) -> str:
    return str(form.read_all(view, tool.fields)["words"])
