"""People in the sandbox, so that a test reads like what happened."""

import json
from dataclasses import dataclass
from typing import Any

from tests.support.control import Control, eventually


@dataclass(frozen=True)
class Message:
    """A message as a person sees it."""

    workspace: "Workspace"
    channel: str
    raw: dict[str, Any]
    reader: str | None = None

    @property
    def ts(self) -> str:
        return str(self.raw["ts"])

    @property
    def words(self) -> str:
        """Everything that is written in it, blocks included."""
        return self.raw.get("text", "") + " " + json.dumps(self.raw.get("blocks", []), ensure_ascii=False)

    @property
    def buttons(self) -> list[str]:
        """The labels of its buttons."""
        rows = (b for b in self.raw.get("blocks", []) if b["type"] == "actions")
        return [e["text"]["text"] for row in rows for e in row["elements"] if e["type"] == "button"]

    def now(self) -> "Message":
        """The same message as it stands now."""
        return next(m for m in self.workspace.messages(self.channel, user=self.reader) if m.ts == self.ts)

    def shows(self, text: str) -> "Message":
        """Wait until the message says this."""
        look = lambda: (m := self.now()) and text in m.words and m  # noqa: E731
        return eventually(look, f"{text!r} in {self.raw['text']!r}", instead=self._seen)

    def thread(self) -> list["Message"]:
        """Its replies."""
        found = self.workspace.messages(self.channel, self.ts, self.reader)
        return [m for m in found if m.ts != self.ts]

    def expects_reply(self, text: str) -> "Message":
        look = lambda: next((m for m in self.thread() if text in m.words), None)  # noqa: E731
        return eventually(look, f"a reply with {text!r}", instead=self._seen)

    def _seen(self) -> str:
        return self.workspace.seen(f"the thread of {self.ts} in {self.channel}", [self.now(), *self.thread()])


class Channel:
    def __init__(self, workspace: "Workspace", name: str, reader: str | None = None) -> None:
        self.workspace, self.name, self.reader = workspace, name, reader

    def messages(self) -> list[Message]:
        """What stands in the channel itself; replies stand in their threads."""
        found = self.workspace.messages(self.name, user=self.reader)
        return [m for m in found if m.raw.get("thread_ts") in (None, m.ts)]

    def expects(self, text: str) -> Message:
        """Wait for a message with these words."""
        look = lambda: next((m for m in self.messages() if text in m.words), None)  # noqa: E731
        return eventually(look, f"{text!r} in {self.name}", instead=self._seen)

    def _seen(self) -> str:
        return self.workspace.seen(self.name, self.messages())


class Modal:
    """The topmost modal of a person."""

    def __init__(self, person: "Person", view: dict[str, Any]) -> None:
        self.person, self.view, self.values = person, view, dict[str, Any]()

    @property
    def title(self) -> str:
        return str(self.view["title"]["text"])

    @property
    def fields(self) -> list[str]:
        return [b["block_id"] for b in self.view["blocks"] if b["type"] == "input"]

    @property
    def words(self) -> str:
        return json.dumps(self.view["blocks"], ensure_ascii=False)

    @property
    def named(self) -> set[str]:
        """What a field can be filled by: the ids and labels of blocks and of what is in them."""
        found = set[str]()
        for block in self.view["blocks"]:
            inside = [block.get("element"), block.get("accessory"), *block.get("elements", ())]
            label = (block.get("label") or {}).get("text")
            found |= {block.get("block_id"), label, *(one.get("action_id") for one in inside if one)} - {None}
        return found

    def fills(self, **values: Any) -> "Modal":
        self.values.update(values)
        return self

    def presses(self, action: str) -> "Modal":
        """A button inside the modal; what was filled in so far goes with it."""
        control = self.person.workspace.control
        control.post("action", user=self.person.name, view=True, action_id=action, values=self.values)
        after = self.person.modal()
        after.values = self.values
        return after

    def submits(self) -> dict[str, Any]:
        """`{"closed": True}`, `{"errors": {…}}` or `{"view": …}`.

        A form that is drawn again after a press may be there later than the press was acknowledged.
        """
        eventually(lambda: {*self.values} <= self.person.modal().named, f"fields for {', '.join(self.values)}")
        answer = self.person.workspace.control.post("submit", user=self.person.name, values=self.values)
        return dict(answer)


class Person:
    def __init__(self, workspace: "Workspace", name: str) -> None:
        self.workspace, self.name = workspace, name

    @property
    def id(self) -> str:
        return self.workspace.user_id(self.name)

    @property
    def full_name(self) -> str:
        return next(user["real_name"] for user in self.workspace.control.get("state")["users"] if user["id"] == self.id)

    @property
    def dm(self) -> Channel:
        """The direct messages with the bot."""
        return Channel(self.workspace, "@hypercare", self.name)

    def types(self, text: str, channel: str = "payroll-help") -> dict[str, Any]:
        """A slash command; the answer that only this person sees."""
        command, _, rest = text.partition(" ")
        answer = self.workspace.control.post("command", user=self.name, channel=channel, command=command, text=rest)
        response = answer.get("response")
        return {"text": response} if isinstance(response, str) else (response or {})

    def opens(self, text: str, channel: str = "payroll-help") -> Modal:
        """A slash command that opens a modal."""
        answer = self.types(text, channel)
        assert self.modals(), f"{text} opened no form, but said {answer}"
        return self.modal()

    def modal(self) -> Modal:
        return Modal(self, self.workspace.control.get("views", user=self.name)["modals"][-1])

    def modals(self) -> list[dict[str, Any]]:
        return list(self.workspace.control.get("views", user=self.name)["modals"])

    def reports(self, summary: str, severity: str = "medium", **values: Any) -> None:
        """The whole way: command, form, submit."""
        modal = self.opens("/hypercare report").fills(summary=summary, severity=severity)
        if set(values) - {"happened"}:
            modal = modal.presses("more_details")
        assert modal.fills(**values).submits() == {"closed": True}

    def says(self, text: str, channel: str, thread: str | None = None, **more: Any) -> str:
        """The ts of what was said."""
        answer = self.workspace.control.post(
            "message", user=self.name, channel=channel, text=text, thread_ts=thread, **more
        )
        return str(answer["ts"])

    def replies(self, message: Message, text: str, **more: Any) -> str:
        thread = message.raw.get("thread_ts") or message.ts
        return self.says(text, message.channel, thread, **more)

    def presses(self, message: Message, label: str) -> None:
        """A button in a message, by its label; an option of the overflow menu as `more:severity`."""
        if label.startswith("more:"):
            value = f"{label.removeprefix('more:')}:{self.workspace.value_of(message, 'show')}"
            self._act(message, action_id="more", value=value)
        else:
            self._act(message, label=label)

    def chooses(self, message: Message, action: str, value: str) -> None:
        """An option of a menu in a message, by its value."""
        self._act(message, action_id=action, value=value)

    def reacts(self, message: Message, name: str) -> None:
        self.workspace.control.post("reaction", user=self.name, channel=message.channel, ts=message.ts, name=name)

    def edits(self, channel: str, ts: str, text: str) -> None:
        self.workspace.control.post("edit", user=self.name, channel=channel, ts=ts, text=text)

    def deletes(self, channel: str, ts: str) -> None:
        self.workspace.control.post("delete", user=self.name, channel=channel, ts=ts)

    def home(self) -> str:
        """Everything written in this person's App Home."""
        view = self.workspace.control.post("home", user=self.name).get("view") or {}
        return json.dumps(view.get("blocks", []), ensure_ascii=False)

    def whispers(self, channel: str) -> list[str]:
        """What only this person sees in a channel."""
        found = self.workspace.messages(channel, user=self.name)
        return [m.words for m in found if m.raw.get("ephemeral_to")]

    def _act(self, message: Message, **what: Any) -> None:
        self.workspace.control.post("action", user=self.name, channel=message.channel, ts=message.ts, **what)


class Workspace:
    """The sandbox as the tests see it."""

    def __init__(self, control: Control) -> None:
        self.control = control
        self._state: dict[str, Any] = control.get("state")

    def person(self, name: str) -> Person:
        return Person(self, name)

    def channel(self, name: str) -> Channel:
        return Channel(self, name)

    @property
    def triage(self) -> Channel:
        return self.channel("hypercare-desk")

    def user_id(self, name: str) -> str:
        return next(str(u["id"]) for u in self._state["users"] if u["name"] == name)

    def channel_id(self, name: str) -> str:
        return next(str(c["id"]) for c in self._state["channels"] if c["name"] == name)

    def messages(self, channel: str, thread_ts: str | None = None, user: str | None = None) -> list[Message]:
        answer = self.control.get("messages", channel=channel, thread_ts=thread_ts, user=user)
        found = answer["messages"] if isinstance(answer, dict) else answer
        return [Message(self, channel, raw, user) for raw in found]

    def seen(self, where: str, messages: list[Message]) -> str:
        """For a story that failed: what is there, and what may still come."""
        return "\n  ".join([f"in {where}:", *(f"{one.ts} {one.words}" for one in messages), *self.coming()])

    def coming(self) -> list[str]:
        """What waits to be said or never will be, as far as can be seen from here."""
        return []

    def value_of(self, message: Message, action: str) -> str:
        rows = (b for b in message.raw["blocks"] if b["type"] == "actions")
        return next(str(e["value"]) for row in rows for e in row["elements"] if e["action_id"] == action)

    def calls(self, method: str) -> list[dict[str, Any]]:
        answer = self.control.get("calls", since=0)
        found = answer["calls"] if isinstance(answer, dict) else answer
        return [c for c in found if c["method"] == method]

    def fails(self, method: str, **how: Any) -> None:
        """The next calls of this method go wrong."""
        self.control.post("faults", method=method, **how)

    def settles(self, application: Any) -> None:
        """Wait until no message is waiting or being sent, and no reminder is due."""

        def quiet() -> bool:
            with application.store.read() as tx:
                counts = tx.message_archive.count_by_state()
                if counts.get("waiting") or counts.get("sending"):
                    return False
                return not tx.reminders.list_due(application.context.now(), 1)

        eventually(quiet, "an empty outbox", instead=lambda: "\n  ".join(self.coming()))
