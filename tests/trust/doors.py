"""Every door of the bot, each with a scenario: who uses it, and what is asked for."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from domain.phases.permissions import Person
from handlers.request import Answer, Handler, OpenModal, Payload, Request, UpdateModal
from handlers.routes import ACTIONS, COMMANDS, EVENTS, SHORTCUTS, STEPS, VIEWS
from tests.trust.world import ANN, BOT, DESK, EVERY_MESSAGE, HANA, HELP, JO, LENA, MARIA, RAVI, TEAM, TOM, World

TABLES: Mapping[str, Mapping[str, Handler]] = {
    "command": COMMANDS, "action": ACTIONS, "view": VIEWS, "shortcut": SHORTCUTS, "event": EVENTS,
    "step": STEPS,
}  # fmt: skip
Given = dict[str, Any]
CHANNEL_EVENTS = (
    "channel_archive", "group_archive", "channel_deleted", "group_deleted", "channel_left", "group_left",
    "member_left_channel", "member_joined_channel", "channel_unarchive", "group_unarchive", "channel_shared",
    "channel_id_changed", "channel_rename", "group_rename", "channel_unshared",
)  # fmt: skip
CHANNEL = {"user": BOT, "channel": DESK, "old_channel_id": DESK, "new_channel_id": "C0DESK99"}
ACCOUNT = {"id": TOM.id, "team_id": TEAM, "profile": {"display_name": "Thomas"}, "updated": 2}
TS = "2000000000.000001"  # of a message that people have just written
NONE = ""  # a door that is about nothing in particular


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One way to use a handler of the tables.

    `about` is the name of what it concerns in the ids of a world, and `asks` makes the fields of the request from the
    world, that id and, for a ticket, its name. A form is `opened` by another door and filled with `fills`.
    """

    kind: str
    name: str
    person: Person
    about: str = NONE
    asks: Callable[[World, int, str], Given] = lambda _world, _id, _name: {}
    opened: "Door | None" = None
    fills: Mapping[str, Any] = field(default_factory=dict)
    case: str = ""

    @property
    def label(self) -> str:
        return " ".join(filter(None, (self.kind, self.name or "(empty)", self.case)))

    @property
    def handler(self) -> Handler:
        return TABLES[self.kind][self.name]

    def request(self, world: World, person: Person | None = None, target: tuple[int, str] | None = None) -> Request:
        """Return the request of that person, about another thing than usual with `target`: its id and name."""
        usual = world.ids.get(self.about, 0), world.names.get(self.about, "")
        id_, name = target or usual
        given: Given = {"request": f"{self.label}:1", "channel": HELP, **self.asks(world, id_, name)}
        if self.opened:
            # The form is opened by a person who may, about the usual thing; the client may say something else later.
            given["view"] = _retold(self._form(world), usual[0], id_)
        payload = given.get("payload") or {}
        if self.kind in ("action", "view"):
            given["commands"] = TABLES["command"]
        if self.kind in ("event", "shortcut"):
            given["payload"] = {"user": (person or self.person).id, **payload}
        return Request(person=person or self.person, **given)

    def _form(self, world: World) -> Given:
        assert self.opened
        made = self.opened.handler(world.app, self.opened.request(world))
        assert isinstance(made, OpenModal | UpdateModal), (self.label, made)
        fills = {key: value(world) if callable(value) else value for key, value in self.fills.items()}
        return filled(made.view, fills)


def press(door: Door, world: World, **more: Any) -> Answer:
    """Use a door, without anything around it."""
    return door.handler(world.app, door.request(world, **more))


def filled(view: Payload, values: Mapping[str, Any]) -> Given:
    """Return a form as Slack sends it back: with what stood in it, and these values by block."""
    state: Given = {}
    for block in view["blocks"]:
        if block.get("type") == "input":
            element, id_ = block["element"], block["block_id"]
            state[id_] = {element["action_id"]: _state(element, values.get(id_), required=not block["optional"])}
    unknown = values.keys() - state.keys()
    assert not unknown, f"{view['callback_id']} has no {unknown}, but {[*state]}"
    return {**view, "id": "V0000001", "hash": "1.a", "state": {"values": state}}


CHOSEN = {"multi_static_select": "selected_options",
          "users_select": "selected_user", "multi_users_select": "selected_users", "datepicker": "selected_date",
          "conversations_select": "selected_conversation", "datetimepicker": "selected_date_time",
          "multi_conversations_select": "selected_conversations", "file_input": "files"}  # fmt: skip


def _state(element: Mapping[str, Any], value: Any, *, required: bool) -> Given:
    kind = element["type"]
    if kind in ("plain_text_input", "number_input"):
        usual = element.get("initial_value") or ("Some words" if required else None)
        return {"type": kind, "value": usual if value is None else value}
    if kind in ("static_select", "radio_buttons"):
        options = element.get("options") or [o for group in element["option_groups"] for o in group["options"]]
        usual = element.get("initial_option") or (options[0] if required else None)
        return {"type": kind, "selected_option": usual if value is None else {"value": value}}
    name = CHOSEN[kind]
    return {"type": kind, name: element.get(name.replace("selected", "initial")) if value is None else value}


def _retold(view: Given, usual: int, id_: int) -> Given:
    """Return the form with another id in its metadata, as a client may send it."""
    if usual == id_:
        return view
    data = json.loads(view["private_metadata"])
    changed = {key: id_ if value == usual else [id_] if value == [usual] else value for key, value in data.items()}
    return {**view, "private_metadata": json.dumps(changed)}


def _button(value: str = "{id}", **more: Any) -> Callable[[World, int, str], Given]:
    return lambda _world, id_, name: {"value": value.format(id=id_, name=name), "channel": DESK, **more}


def _typed(text: str = "", channel: str = HELP) -> Callable[[World, int, str], Given]:
    def asks(_world: World, id_: int, name: str) -> Given:
        words = text.format(id=id_, name=name)
        return {"text": words, "said": words, "channel": channel}

    return asks


def _message(text: str, channel: str, **more: Any) -> Payload:
    return {"type": "message", "text": text, "channel": channel, "ts": TS, **more}


def _written(text: str, channel: str = HELP, lane: str = "", **more: Any) -> Callable[[World, int, str], Given]:
    """A message; in the thread of a lane with `lane`."""

    def asks(world: World, id_: int, _name: str) -> Given:
        place, thread = world.thread(lane.format(id=id_)) if lane else (channel, None)
        payload = _message(text, place, **more)
        return {"channel": place, "payload": {**payload, "thread_ts": thread} if thread else payload}

    return asks


def _reacted(name: str, lane: str = "", ts: str = TS) -> Callable[[World, int, str], Given]:
    def asks(world: World, id_: int, _name: str) -> Given:
        place, at = world.thread(lane.format(id=id_)) if lane else (HELP, ts)
        payload = {"type": "reaction_added", "reaction": name, "item": {"channel": place, "ts": at}}
        return {"channel": place, "payload": payload, "look": _look}

    return asks


def _look(channel: str, ts: str) -> Payload:
    return {**_message("The printer on floor two is broken", channel), "ts": ts, "user": MARIA.id}


def _form_value(door: Door, **fills: Any) -> Callable[[World, int, str], Given]:
    """What stands in an open form goes with its button."""

    def asks(world: World, _id: int, _name: str) -> Given:
        made = press(door, world)
        assert isinstance(made, OpenModal)
        texts = [b["block_id"] for b in made.view["blocks"] if b.get("element", {}).get("type") == "plain_text_input"]
        typed = {texts[0]: "The payslip page is empty"} if texts else {}
        return {"view": filled(made.view, {**typed, **fills})}

    return asks


def _command(name: str, person: Person, text: str = "", about: str = NONE, channel: str = HELP, **more: Any) -> Door:
    asks = _typed(text, channel)
    return Door(kind="command", name=name, person=person, about=about, asks=asks, **more)


def _action(name: str, person: Person, about: str = NONE, value: str = "{id}", **more: Any) -> Door:
    return Door(kind="action", name=name, person=person, about=about, asks=more.pop("asks", _button(value)), **more)


def _view(name: str, opened: Door, /, **fills: Any) -> Door:
    return Door(kind="view", name=name, person=opened.person, about=opened.about, opened=opened, fills=fills)


def _event(
    name: str, person: Person, asks: Callable[[World, int, str], Given], about: str = NONE, case: str = ""
) -> Door:
    return Door(kind="event", name=name, person=person, about=about, asks=asks, case=case)


REPORT = _command("report", MARIA)
MORE = {name: _action("more", LENA, "new", f"{name}:{{id}}", case=name) for name in
        ("assign", "waiting", "status", "severity")}  # fmt: skip
DETAILS, REPLY, MERGE = _action("details", MARIA, "new"), _action("reply", JO, "taken"), _action("merge", LENA, "new")
PULSE, TICKET, TALK = (_action(name, MARIA, "weekly") for name in ("pulse_open", "pulse_ticket", "pulse_talk"))
GO = _action("go", LENA, value="PAY:find")
REHEARSE = _command("rehearse", HANA, "HR", channel=DESK)
ADD_ACTION, EDIT_ACTION = _action("action_add", JO, "taken"), _action("action_edit", JO, "action")
ADD_DECISION, DECIDE = _action("decision_add", JO, "taken"), _action("decision_decide", LENA, "decision")
OUTCOME = _action("decision_outcome", JO, "made decision")
STAND_UP = _action("stand_up", JO, "stand up")
ROLES, WRAP_UP = _action("war_room_roles", JO, "taken"), _action("war_room_close", JO, "taken")
ADD_PROBLEM = _action("problem_add", JO, "asked")
CAUSE, SOLVE = _action("problem_cause", JO, "problem"), _action("problem_resolve", JO, "problem")
JUDGE = _action("judge", JO, "taken")
WORKAROUND = _action("workaround_date", JO, "workaround")
EXIT = _action("exit_decide", LENA, value="PAY")
POST_MORTEM = _action("post_mortem_edit", LENA, value="PAY")
ARTICLE, NEW_ARTICLE = _action("article_open", JO, "article"), _action("article_new", JO, value="PAY")
NOTE, BULK, SAVE = _action("note_edit", LENA, "note"), _action("bulk", LENA, value="new"), _action(
    "save_view", JO, value="open module:Payslip"
)  # fmt: skip
SWAP, OVERRIDE = (_action(name, RAVI, value="") for name in ("oncall_swap", "oncall_override"))
WORK = {name: _action(name, LENA, about) for name, about in
        (("resolve", "taken"), ("promise", "taken"), ("defer", "new"), ("escalate", "taken"),
         ("close", "new"), ("assign", "taken"), ("waiting", "taken"), ("status", "taken"),
         ("severity", "taken"))}  # fmt: skip
CONTACT = _action("contact_log", ANN, value="PAY")
PLAN, SESSION = _action("session_plan", JO, value="PAY"), _action("session_edit", JO, "session")
NOTES = _action("session_notes", JO, "held session")
TOPICS = _action("topics", ANN, value="PAY")
IMPORT = _action("import_open", LENA, value=json.dumps(["F0CSV", "old.csv"]))
REJECT = _action("reject", MARIA, "fixed")
START = _action("phase_start", LENA, value="SOON")
DATES, END = _action("phase_section", LENA, value="dates:PAY"), _action("phase_end", LENA, value="PAY")
RULE = _action("phase_section", LENA, value="rule/:PAY", case="of a rule")
RULE_FILLED = replace(_view("phase_section", RULE, name="bank", when=[{"value": "opened"}], page="yes"),
                      case="of a rule")  # fmt: skip
DATES_FILLED = _view("phase_section", DATES, name="Payday two")
BULK_FILLED = replace(BULK, name="action", asks=_form_value(BULK, action="assign"))


def _in_two_days(world: World) -> int:
    return int((world.app.now() + timedelta(days=2)).timestamp())


COMMAND_DOORS = (
    _command("", MARIA), _command("?", MARIA, "nonsense"), _command("help", MARIA), REPORT,
    _command("phase", LENA, "PAY"),
    _command("articles", MARIA, channel=DESK), _command("article", JO, "{name}", "fixed"),
    _command("postmortem", JO, "PAY", channel=DESK),
    _command("mine", MARIA), _command("list", JO, "open"), _command("find", JO, "slow pages"), _command("known", MARIA),
    _command("form", LENA, "PAY 30"),
    _command("show", MARIA, "{name}", "new"), _command("ack", JO, "{name}", "new"),
    _command("take", JO, "{name}", "new"),
    _command("withdraw", MARIA, "{name}", "new"), _command("resolve", JO, "{name}", "taken"),
    _command("reopen", MARIA, "{name}", "fixed"), _command("assign", LENA, "{name}", "new"),
    _command("defer", LENA, "{name}", "new"), _command("close", LENA, "{name}", "new"),
    _command("escalate", MARIA, "{name}", "new"),
    _command("promise", JO, "{name}", "taken"), _command("reply", JO, "{name}", "taken"),
    _command("follow", ANN, "{name}", "new"), _command("unfollow", TOM, "{name}", "taken"),
    _command("metoo", TOM, "{name}", "new"), _command("metoo", TOM, "{name}", "fixed", case="again"),
    _command("merge", LENA, "{name} PAY-2", "new"), _command("merge", LENA, "PAY-2 {name}", "new", case="into"),
    _command("unmerge", LENA, "{name}", "double"), _command("bulk", LENA, "new", channel=DESK),
    _command("status", LENA), _command("status", JO, "{name}", "taken", case="of a ticket"),
    _command("setup", LENA, "PAY"), _command("oncall", JO, channel=DESK), _command("oncall", LENA, "test", channel=DESK,
                                                                                  case="test"),
    _command("oncall", JO, "feed", channel=DESK, case="feed"), _command("pulse", LENA, "results weekly", channel=DESK),
    _command("pulse", LENA, "preview team", channel=DESK, case="preview"),
    _command("digest", LENA, "preview", channel=DESK), _command("digest", LENA, "now", channel=DESK, case="now"),
    _command("metrics", LENA, channel=DESK), _command("metrics", LENA, "uptime 99.9", channel=DESK, case="reading"),
    _command("trends", LENA, channel=DESK), _command("event", JO, "deployment Release 4.2", channel=DESK),
    _command("issue", JO, "{name}", "taken"), _command("issue", JO, "{name} OPS-7", "taken", case="that exists"),
    _command("exit", LENA, channel=DESK), _command("actions", JO, channel=DESK),
    _command("parties", JO, channel=DESK), _command("problems", JO, channel=DESK),
    _command("workarounds", JO, channel=DESK), _command("rules", JO, channel=DESK),
    _command("decisions", JO, channel=DESK), _command("warroom", JO, "{name}", "asked"),
    _command("agenda", JO, channel=DESK),
    REHEARSE,
    _command("contacts", ANN, channel=DESK), _command("sessions", JO, channel=DESK),
    _command("actions", JO, "mine", channel=DESK, case="mine"),
    _command("pitfalls", LENA, channel=DESK), _command("signals", LENA, channel=DESK),
    _command("api", JO, channel=DESK), _command("ai", JO, channel=DESK),
    _command("api", JO, "audit", channel=DESK, case="audit"),
    _command("signals", LENA, "add datadog", channel=DESK, case="add"), _command("note", LENA, channel=DESK),
    _command("thanks", LENA, "All who stayed late", channel=DESK),
)  # fmt: skip
ACTION_DOORS = (
    _action("issue", JO, "new"), _action("issue_again", JO, "asked", "{id}:jira"),
    _action("api", JO, value="PAY 6h"), _action("api_propose", JO, value="PAY GET /pay is slower than before"),
    _action("ai", JO, value="PAY 24h"),
    _action("acknowledge", JO, "new"), _action("take", JO, "new"), _action("confirm", MARIA, "fixed"),
    _action("confirm", TOM, "fixed", case="of another"), _action("cannot_check", MARIA, "fixed"),
    _action("withdraw", MARIA, "new"), _action("setup", LENA), DATES, END,
    START,
    IMPORT, _action("import_start", LENA, "import"),
    _action("import_cancel", LENA, "import"),
    _action("holds", JO, "taken", "fix:{id}"), *MORE.values(), *WORK.values(),
    REJECT, _action("reopen", MARIA, "fixed"), DETAILS, REPLY,
    _action("macro", JO, "taken", asks=_form_value(REPLY)), MERGE, _action("unmerge", LENA, "double"),
    _action("me_too", TOM, "new"), _action("me_too", TOM, "taken", case="again"),
    _action("same_problem", TOM, "new", asks=lambda world, id_, _name: {"value": str(id_), **_form_value(REPORT)(
        world, id_, "")}),
    _action("recurs", JO, "again", "{id}:5"), _action("recurs", JO, "fixed", "12:{id}", case="of the fixed one"),
    _action("follow", ANN, "new"), _action("wants", ANN, "new", "{id}:changes"), _action("show", MARIA, "new"),
    _action("mine", MARIA, value=""), GO, _action("help", MARIA, value="working"),
    _action("known", MARIA, value=""), _action("list", JO, value="open"),
    _action("turn", JO, value=json.dumps(["open", 0])), SAVE, _action("open_view", JO, value="mine"),
    _action("drop_view", JO, value="mine"), BULK, _action("action", LENA, asks=_form_value(BULK)),
    _action("report", MARIA, value=""), _action("more_details", MARIA, asks=_form_value(REPORT)),
    _action("summary", MARIA, asks=_form_value(REPORT)), _action("type", MARIA, asks=_form_value(REPORT)),
    _action("phase", MARIA, asks=_form_value(REPORT)), _action("use_suggestion", MARIA, asks=_form_value(REPORT)),
    _action("severity_answer", MARIA, asks=lambda _w, _i, _n: {
        "value": json.dumps([HELP, TS, "high"]), "look": _look, "channel": HELP}),
    _action("not_a_report", MARIA, value=""),
    _action("open_report_form", MARIA, asks=lambda _w, _i, _n: {"value": json.dumps([HELP, TS]), "look": _look}),
    _action("decline", RAVI, "escalation"), _action("snooze", RAVI, "escalation"),
    _action("still_on_it", RAVI, "escalation"), _action("acknowledge_all", RAVI, value=""), SWAP, OVERRIDE,
    _action("oncall_test", LENA, value=""), _action("oncall_got_it", JO, "test page"),
    *(_action(name, JO, asks=lambda world, _i, _n: {"value": world.names["swap"]}) for name in ("swap_yes", "swap_no")),
    _action("capacity", LENA, "phase", "{id}:accept"), _action("retry_message", LENA, "dead"),
    _action("drop_message", LENA, "dead"), PULSE, TICKET, TALK,
    _action("pulse_tap", TOM, "weekly", "{id}:satisfaction:4"), _action("pulse_q", MARIA, asks=_form_value(PULSE)),
    _action("pulse_count", MARIA, "weekly"), _action("pulse_edit", LENA, value="PAY:weekly"), NOTE,
    _action("note_skip", LENA, "note"),
    *(_action(f"signal_{verb}", LENA, value="PAY kuma") for verb in ("test", "rotate", "revoke")),
    _action("metrics", LENA, value="PAY"), _action("trends", LENA, value="PAY"),
    JUDGE, _action("problems", JO, value="PAY"), ADD_PROBLEM, CAUSE, SOLVE, _action("problem_show", JO, "problem"),
    *(_action(name, JO, value="PAY") for name in ("rules", "rules_try", "rules_log")), RULE, TOPICS, CONTACT,
    _action("sessions", JO, value="PAY"), PLAN, SESSION, NOTES,
    _action("rehearsal_here", LENA, "rehearsal"),
    _action("session_items", JO, "held session"), _action("session_text", JO, asks=_form_value(NOTES)),
    _action("decisions", JO, value="PAY"), ADD_DECISION, DECIDE, OUTCOME,
    _action("decision_reverse", JO, "made decision"),
    _action("war_room", JO, "asked"), ROLES, WRAP_UP, STAND_UP,
    *(_action(name, JO, "taken") for name in ("hotfix", "patch", "release")),
    _action("actions", JO, value="overdue"), ADD_ACTION, EDIT_ACTION,
    _action("action_improve", JO, value="training|PAY|Train Berlin in Payslip"),
    _action("lessons_take", LENA, value="SOON:PAY"),
    _action("post_mortem", JO, value="PAY"), _action("post_mortem_ask", LENA, value="PAY"),
    _action("post_mortem_post", LENA, value="PAY"), POST_MORTEM,
    *(_action(f"draft_{kind}", JO, "taken") for kind in ("summary", "resolution")),
    *(_action(f"draft_{kind}", LENA, value="PAY") for kind in ("post_mortem", "themes")),
    _action("draft_use", JO, "taken", "{id}:Reload the page"), _action("draft_use_learned", LENA, value="PAY:Test it"),
    _action("workarounds", JO, value="PAY"), WORKAROUND, _action("workaround_end", JO, "workaround"),
    ARTICLE, NEW_ARTICLE, _action("article_retire", JO, "article"), _action("article_helped", JO, "article"),
    _action("exit", LENA, value="PAY"), EXIT, _action("exit_sign", JO, value="PAY"),
)  # fmt: skip
VIEW_DOORS = (
    _view("report", REPORT, summary="The till is down", severity="high"),
    replace(_view("report", DETAILS, summary="Pages are slow"), case="details"),
    _view("resolve", WORK["resolve"], explanation="Restarted"), _view("promise", WORK["promise"], promise="update",
                                                                    by=_in_two_days),
    _view("rehearsal_start", REHEARSE), _view("go", GO, words="till"),
    DATES_FILLED, _view("phase_confirm", DATES_FILLED), RULE_FILLED,
    replace(_view("phase_confirm", RULE_FILLED), case="of a rule"), _view("phase_end", END),
    _view("phase_start", START, go_live="2026-05-04", risk="low"),
    _view("import_file", IMPORT), _view("close", WORK["close"], reason="Not a fault"),
    _view("defer", WORK["defer"], text="Later", date="2026-03-09"), _view("escalate", WORK["escalate"]),
    _view("reject", REJECT), _view("assign", MORE["assign"], owner=RAVI.id), _view("waiting", MORE["waiting"]),
    _view("status", MORE["status"], status="fixing"), _view("severity", MORE["severity"], severity="critical", why="x"),
    _view("reply", REPLY, text="We are at it"), _view("merge", MERGE, primary="PAY-2"),
    _view("bulk", BULK_FILLED, owner=RAVI.id), _view("save_view", SAVE, name="Mine"),
    _view("note_edit", NOTE, words="You said, we did"),
    _view("topics", TOPICS, words="payslip"),
    _view("contact_log", CONTACT, outcome="ticket", note="The till is slow"),
    _view("session_plan", PLAN, title="How do payslips work for you?", participants=[MARIA.id]),
    _view("session_edit", SESSION, place="Hall 2"),
    _view("session_notes", NOTES, session_text="Idea: export to Excel\nPAY-1 is still slow", present=[MARIA.id]),
    _view("judge", JUDGE, judgement="wish"), _view("problem_add", ADD_PROBLEM),
    _view("problem_cause", CAUSE, evidence="A test"),
    _view("problem_resolve", SOLVE, fix="root_cause", cause_class="code"),
    _view("stand_up", STAND_UP, done="Restored it"),
    _view("war_room_roles", ROLES, lead=LENA.id), _view("war_room_close", WRAP_UP, summary="It was the cable"),
    _view("decision_add", ADD_DECISION, question="Wait for the bank?", options="Wait\nGo on"),
    _view("decision_decide", DECIDE, rationale="Too risky"), _view("decision_outcome", OUTCOME, outcome="All is well"),
    _view("action_add", ADD_ACTION, title="Call the bank", owner=RAVI.id, due="2026-03-09"),
    _view("action_edit", EDIT_ACTION, title="Ask the bank again"),
    _view("post_mortem_edit", POST_MORTEM, went_well="The plan"),
    _view("workaround_date", WORKAROUND, until="2026-03-30"),
    _view("article_new", NEW_ARTICLE, title="Empty pages", solution="Reload the page"),
    _view("article_save", ARTICLE, title="Payslips", solution="Reload the page"),
    _view("exit_decide", EXIT, what="accepted|run:Payroll", reason="The sums are right"),
    replace(_view("pulse_form", PULSE), fills={"pulse_q:satisfaction": "2"}),
    _view("pulse_ticket", TICKET, summary="It is too slow"), _view("pulse_talk", TALK, summary="It is too slow"),
    _view("pulse_setup", _command("pulse", LENA, "new", channel=DESK, case="new"), name="monthly"),
    replace(_view("pulse_setup", _command("pulse", LENA, "edit weekly", channel=DESK, case="edit"), title="And now?"),
            case="edit"),
    _view("setup", _command("setup", LENA, "PAY"), name="Payday again"), _view("oncall_swap", SWAP, to=JO.id),
    _view("oncall_override", OVERRIDE),
)  # fmt: skip


def _on_copy(world: World, id_: int, _name: str) -> Given:
    """A reaction to a message that was carried to the other thread."""
    asked = _carried(world, id_)
    item = {"channel": asked["channel"], "ts": asked["payload"]["ts"]}
    return {"channel": asked["channel"], "payload": {"reaction": "heart", "item": item}}


def _off_copy(world: World, id_: int, name: str) -> Given:
    """Such a reaction is taken back; it has to be there first."""
    asked = _on_copy(world, id_, name)
    EVENTS["reaction_added"](world.app, Request(person=JO, request="reacted", **asked))
    return asked


def _step(name: str, person: Person, about: str = NONE, case: str = "", **inputs: str) -> Door:
    """A step of a workflow, which runs for that person."""

    def asks(_world: World, _id: int, ticket: str) -> Given:
        named = {"ticket": ticket} if ticket else {}
        return {"payload": {"inputs": {**named, **inputs}, "execution": f"Fx{name}{case}"}}

    return Door(kind="step", name=name, person=person, about=about, asks=asks, case=case)


OTHER_DOORS = (
    Door(kind="shortcut", name="report", person=MARIA), Door(kind="shortcut", name="contact_log", person=ANN),
    Door(kind="shortcut", name="report_message", person=MARIA, asks=lambda _w, _i, _n: {
        "payload": {"message": _message("It is down", HELP, user=TOM.id)}, "channel": HELP}),
    Door(kind="shortcut", name="decision_message", person=JO, asks=lambda _w, _i, _n: {
        "payload": {"message": _message("We roll back tonight", HELP, user=TOM.id)}, "channel": HELP}),
    Door(kind="shortcut", name="action_message", person=JO, asks=lambda _w, _i, _n: {
        "payload": {"message": _message("Ask the bank for its limits", HELP, user=TOM.id)}, "channel": HELP}),
    _event("app_home_opened", MARIA, lambda _w, _i, _n: {"payload": {"type": "app_home_opened", "tab": "home"}}),
    _event("link_shared", JO, lambda world, _i, name: {
        "channel": DESK, "payload": {"message_ts": TS, "links": [{"url": f"{world.app.public_url}/tickets/{name}"}]},
    }, "new"),
    _event("entity_details_requested", JO, lambda _w, _i, name: {
        "channel": DESK, "payload": {"external_ref": {"id": name, "type": "ticket"}, "trigger_id": "1.2.a"}}, "new"),
    _event("app_mention", MARIA, _written(f"<@{BOT}> The till on floor three is down")),
    _event("message", MARIA, _written("The printer on floor two is broken", EVERY_MESSAGE), case="in a channel"),
    _event("message", MARIA, _written("The bank export fails since ten", "D0MARIA", channel_type="im"), case="direct"),
    _event("message", RAVI, _written("mine", "D0RAVI0", channel_type="im"), case="accepts a page"),
    _event("message", RAVI, _written("can't take it", "D0RAVI0", channel_type="im"), case="declines a page"),
    _event("message", MARIA, _written("The third page", lane="reporter:{id}"), "asked", case="answer"),
    _event("message", JO, _written(">> It is the cable", lane="team:{id}"), "new", case="of the team"),
    _event("message", JO, _written("because cents are cut (PAY-2)", lane="problem:{id}"), "problem", "answers why"),
    _event("message", MARIA, lambda world, id_, name: _edited(world, id_, name, "message_changed"), "asked", "edited"),
    _event("message", MARIA, lambda world, id_, name: _edited(world, id_, name, "message_deleted"), "asked", "deleted"),
    _event("reaction_added", JO, _reacted("eyes", "team:{id}"), "new", "acknowledges"),
    _event("reaction_added", JO, _reacted("white_check_mark", "team:{id}"), "taken", "resolves"),
    _event("reaction_added", TOM, _reacted("raising_hand", "team:{id}"), "new", "me too"),
    _event("reaction_added", TOM, _reacted("sos"), case="reports"),
    _event("reaction_added", JO, _on_copy, "asked", "copied"),
    _event("reaction_removed", JO, _off_copy, "asked"),
    *(_event(name, TOM, lambda _w, _i, _n: {"payload": {"user": ACCOUNT}})
      for name in ("team_join", "user_change", "user_profile_changed")),
    *(_event(name, MARIA, lambda _w, _i, _n: {"channel": DESK, "payload": CHANNEL}) for name in CHANNEL_EVENTS),
    _step("report_problem", MARIA, summary="The till is down", severity="critical", phase="PAY"),
    *(_step("change_ticket", JO, about, case, action=action, text="It was the cable", test="Printed it")
      for about, action, case in (("new", "acknowledge", "acknowledges"), ("taken", "resolve", "resolves"),
                                  ("fixed", "reopen", "reopens"), ("taken", "note", "notes"))),
    _step("find_ticket", ANN, "taken"),
    _event("subteam_updated", MARIA, lambda _w, _i, _n: {}),
    _event("subteam_members_changed", MARIA, lambda _w, _i, _n: {}),
)  # fmt: skip
DOORS: tuple[Door, ...] = (*COMMAND_DOORS, *ACTION_DOORS, *VIEW_DOORS, *OTHER_DOORS)


def _edited(world: World, id_: int, name: str, subtype: str) -> Given:
    """A person changes what they wrote in a thread; it has to be carried first."""
    asked = _carried(world, id_)
    before = {**asked["payload"], "user": _reporter(world, id_).id}
    now: Given = {"deleted_ts": before["ts"]}
    if subtype == "message_changed":
        now = {"message": {**before, "text": "The fourth page"}}
    return {**asked, "payload": {"subtype": subtype, "channel": asked["channel"], "previous_message": before, **now}}


def _reporter(world: World, id_: int) -> Person:
    return world.anonymous if id_ == world.ids["anonymous"] else MARIA


def _carried(world: World, id_: int) -> Given:
    asked = _written("The third page", lane="reporter:{id}")(world, id_, "")
    payload = {**asked["payload"], "ts": "2000000000.000002"}
    with world.app.store.read() as tx:
        known = tx.mirrors.find_copies(asked["channel"], payload["ts"])
    if known is None:
        by = _reporter(world, id_)
        EVENTS["message"](world.app, Request(person=by, request="carried", channel=asked["channel"],
                                             payload={**payload, "user": by.id}))  # fmt: skip
    return {**asked, "payload": payload}


def missing() -> list[str]:
    """Return the entries of the handler tables that have no scenario."""
    known = {(door.kind, door.name) for door in DOORS}
    return [f"{kind} {name}" for kind, table in TABLES.items() for name in table if (kind, name) not in known]
