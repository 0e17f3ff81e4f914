"""The state of a played story: the client, what was seen, and which card belongs to which ticket of the script."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.story import names
from sandbox.story.client import Client, StoryError
from sandbox.story.script import Scene, Script
from sandbox.story.watch import Place, Watch, buttons


@dataclass(slots=True)
class StoryTicket:
    """A ticket as the bot knows it."""

    id: str
    card: Place
    confirmation: Place
    thread: Place  # the reporter's thread
    answered: set[Place] = field(default_factory=set)  # questions whether it is fixed


@dataclass(slots=True)
class Stage:
    client: Client
    watch: Watch
    script: Script
    monday: datetime
    tickets: dict[str, StoryTicket] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)  # of people, by name
    said: dict[str, str] = field(default_factory=dict)  # channel → ts of the last chatter that can be answered
    beside: Mapping[str, str] = field(default_factory=dict)  # the addresses of the pages of other systems
    secrets: dict[str, str] = field(default_factory=dict)  # of the integrations for machines, by their kind

    def ticket(self, scene: Scene) -> StoryTicket:
        if scene.ticket not in self.tickets:
            raise StoryError("the report did not become a ticket")
        return self.tickets[scene.ticket]

    async def press(self, who: str, place: Place, action: str, value: str) -> None:
        """Presses a button of a message, once it is there; or picks an entry of its menu."""
        await self.watch.until(
            lambda: (action, value) in buttons(self.watch.messages[place]) or None, f"offer the button “{action}”"
        )
        channel, ts = place
        await self.client.post("action", user=who, channel=channel, ts=ts, action_id=action, value=value)

    async def write(self, who: str, place: Place, text: str) -> None:
        """Writes in a thread."""
        await self.client.post("message", user=who, channel=place[0], thread_ts=place[1], text=text)

    async def submit(self, who: str, **values: Any) -> None:
        """Fills the form that was just opened, and sends it."""
        await self.needs_form(who)
        answer = await self.client.post("submit", user=who, values=values)
        if errors := answer.get("errors"):
            raise StoryError("; ".join(f"{name}: {text}" for name, text in errors.items()))
        if not answer.get("closed"):
            if (answer.get("view") or {}).get("submit"):
                raise StoryError("the form stayed open")
            await self.client.post("close", user=who, all=True)  # it shows what was done

    async def needs_form(self, who: str) -> None:
        if not (await self.client.get("views", user=who))["modals"]:
            raise StoryError("no form was opened")

    async def command(self, who: str, text: str) -> None:
        await self.client.post("command", user=who, channel=names.INTAKE, command=names.COMMAND, text=text)

    async def answer(self, who: str) -> dict[str, Any]:
        """What the bot says to this person only."""
        return await self.watch.answer(self.ids[who])

    def cards(self) -> set[str]:
        """The ids of the tickets that have a card."""
        return set(self.watch.values(names.REPLY))

    def new_card(self, before: Collection[str]) -> tuple[Place, str] | None:
        """The place and the id of a card that was not there before, and belongs to no ticket yet."""
        known = {*before, *(ticket.id for ticket in self.tickets.values())}
        new = next((value for value in self.watch.values(names.REPLY) if value not in known), None)
        return (self.watch.with_button(names.REPLY, new)[0], new) if new else None

    def below(self, place: Place) -> str:
        """What was said in the thread of a message."""
        channel, ts = place
        below = (one for (where, _), one in self.watch.messages.items() if where == channel)
        return "\n".join(str(one.get("blocks")) + str(one.get("text")) for one in below if one.get("thread_ts") == ts)

    def name_of(self, ticket: StoryTicket) -> str:
        """`PAY-42`, as the card's first words say."""
        return str(self.watch.messages[ticket.card]["text"]).partition(" ")[0]

    def thread_of(self, place: Place) -> Place:
        channel, ts = place
        return channel, str(self.watch.messages[place].get("thread_ts") or ts)
