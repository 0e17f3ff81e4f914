"""Send one queued message to Slack; one that may have been posted before is searched for first."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol

import structlog

from bot.slack_errors import HARMLESS_REACTION_ERRORS, MISSING_SCOPE, STEP_OVER, slack_failure
from bot.workers.channel_changer import ChannelChanger, Undelivered
from bot.workers.file_copier import CannotCopy, FileCopier
from domain.address import is_alias, is_channel, is_direct, is_mail, is_person, is_teams
from domain.delivery.lanes import LaneKind, kind_of
from domain.delivery.message import Failure, FailureKind, Lane, MessageKind, OutboxMessage
from domain.text import LINK_CLOSE, LINK_OPEN, NAME_OPEN

log = structlog.get_logger()
CLOCK_TOLERANCE = timedelta(minutes=2)  # how far Slack's clock may be from ours when looking for a message
TO_TRACKER = frozenset({LaneKind.ISSUE, LaneKind.ISSUE_FIELDS, LaneKind.ISSUE_ACTIONS})
EVENT_TYPE = "hypercare_message"  # type of the metadata with the outbox message's id


class SlackClient(Protocol):
    """Slack's Web API: an answer is a dict with `ok`; raises Unanswered without one."""

    async def call(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Call a Web API method."""


class Unanswered(Exception):  # noqa: N818 - reads as a state
    """No usable answer came; `maybe_done` when the request may have been carried out."""

    def __init__(self, reason: str, *, maybe_done: bool, kind: FailureKind = FailureKind.OUTAGE) -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind
        self.maybe_done = maybe_done


async def _no_limit(_bucket: str) -> None:
    """Don't limit the rate."""


async def _no_other_system(_queued: OutboxMessage) -> Failure | None:
    """Refuse every call to a webhook or a tracker, and every mail."""
    return Failure("not_in_the_settings")


Elsewhere = Callable[[OutboxMessage], Awaitable[Failure | None]]  # sends a message to another system
InTeams = Callable[[OutboxMessage], Awaitable[str | None]]  # sends a message to a person there, and names it


async def _no_teams(_queued: OutboxMessage) -> str | None:
    """Refuse every message to Teams."""
    raise Undelivered(Failure("not_in_the_settings"))


async def _nothing_plainer(_content: dict[str, Any], _refusal: Failure) -> dict[str, Any] | None:
    """Know no plainer form."""
    return None


@dataclass(frozen=True, slots=True)
class Fallbacks:
    """How content becomes plainer: `prepare` by what is known to be refused, `simplify` after a refusal."""

    prepare: Callable[[dict[str, Any]], dict[str, Any]] = lambda content: content
    simplify: Callable[[dict[str, Any], Failure], Awaitable[dict[str, Any] | None]] = _nothing_plainer


class MessageSender:
    """Sends messages; `workspace` is the workspace's URL, ending in a slash.

    `turn` waits for a token of a rate limit; `hooks` calls a webhook and returns its failure; `reveal` returns the
    person behind an alias, or None when that was erased; `fill` puts the names of people into a payload.
    """

    def __init__(
        self, slack: SlackClient, workspace: str, *, turn: Callable[[str], Awaitable[None]] = _no_limit,
        still_ours: Callable[[], bool] = lambda: True, hooks: Elsewhere = _no_other_system,
        reveal: Callable[[str], str | None] = lambda _alias: None, files: FileCopier | None = None,
        fill: Callable[[dict[str, Any]], dict[str, Any]] = lambda payload: payload,
        fallbacks: Fallbacks | None = None, trackers: Elsewhere = _no_other_system,
        mails: Elsewhere = _no_other_system, trials: Elsewhere = _no_other_system, teams: InTeams = _no_teams,
    ) -> None:  # fmt: skip
        self._teams = teams
        self._fallbacks, self._trackers, self._mails, self._trials = fallbacks or Fallbacks(), trackers, mails, trials
        self._channels = ChannelChanger(self._call, turn)
        self._slack, self._workspace, self._files = slack, workspace, files
        self._turn, self._still_ours, self._hooks, self._reveal, self._fill = turn, still_ours, hooks, reveal, fill

    async def deliver(self, queued: OutboxMessage) -> tuple[str, str | None]:
        """Deliver a message and return its channel and timestamp; raise Undelivered otherwise.

        One that may have been posted before is searched for first.
        """
        if is_mail(queued.lane.channel):
            return queued.lane.channel, await self._deliver_mail(queued)
        if is_teams(queued.lane.channel):
            return queued.lane.channel, await self._deliver_in_teams(queued)
        if is_alias(queued.lane.channel):
            return queued.lane.channel, await self._deliver_sealed(queued)
        if queued.uncertain and queued.verb is MessageKind.POST:
            found = await self._find(queued)
            if found:
                return found
            await self._turn(f"{queued.verb} {queued.lane.place}")
        if not self._still_ours():  # it took so long that another process may have taken over
            raise Undelivered(Failure("lease_lost", kind=FailureKind.TEMPORARY))
        return await self._send(await self._with_names(queued))

    async def _send(self, queued: OutboxMessage) -> tuple[str, str | None]:
        match queued.verb:
            case MessageKind.PUBLISH | MessageKind.GROUP | MessageKind.HOOK | MessageKind.REACT | MessageKind.FILE:
                await self._elsewhere(queued)
                return queued.lane.channel, None
            case MessageKind.STEP:
                await self._end_step(queued)
                return queued.lane.channel, None
            case MessageKind.CHANNEL:
                return await self._channels.change(queued), None
            case MessageKind.UPDATE if queued.target_ts is None:
                raise Undelivered(Failure("target_never_arrived"))
            case MessageKind.UPDATE:
                body = {**self._words(queued), "channel": queued.lane.channel, "ts": queued.target_ts}
                await self._say("chat.update", {k: v for k, v in body.items() if not k.startswith("unfurl")})
                return queued.lane.channel, queued.target_ts
            case MessageKind.POST:
                answer = await self._say("chat.postMessage", self._message(queued))
                return str(answer["channel"]), str(answer["ts"])

    async def _deliver_mail(self, queued: OutboxMessage) -> str | None:
        """Send a message to a person who writes e-mails; return what names it in its thread."""
        if not self._still_ours():
            raise Undelivered(Failure("lease_lost", kind=FailureKind.TEMPORARY))
        if failure := await self._mails(queued):
            raise Undelivered(failure)
        return f"mail.{queued.id}" if queued.verb is MessageKind.POST else None

    async def _deliver_in_teams(self, queued: OutboxMessage) -> str | None:
        """Send a message to a person in Microsoft Teams; return what names it in its thread."""
        if not self._still_ours():
            raise Undelivered(Failure("lease_lost", kind=FailureKind.TEMPORARY))
        return await self._teams(queued)

    async def _with_names(self, queued: OutboxMessage) -> OutboxMessage:
        """Fill in the names of people, which aren't stored with the message."""
        if NAME_OPEN not in json.dumps(queued.payload, ensure_ascii=False):
            return queued
        return replace(queued, payload=await asyncio.to_thread(self._fill, queued.payload))

    async def _deliver_sealed(self, queued: OutboxMessage) -> str | None:
        """Deliver to the person behind an alias and return the timestamp.

        Where the person can no longer be reached, the message counts as sent: what became of it would tell who it was,
        to everyone who knows who has left.
        """
        try:
            return (await self.deliver(await self._unsealed(queued)))[1]
        except Undelivered as lost:
            if not (lost.failure.kind.is_unreachable or lost.failure.kind is FailureKind.PERMANENT):
                raise
            return f"{int(queued.created_at.timestamp())}.{queued.id % 1_000_000:06}"

    async def _unsealed(self, queued: OutboxMessage) -> OutboxMessage:
        """Address the message to the person behind the alias; their channel isn't stored."""
        person = await asyncio.to_thread(self._reveal, queued.lane.channel)
        if person is None:
            raise Undelivered(Failure("alias_not_found", kind=FailureKind.UNREACHABLE))
        opened = await self._call("conversations.open", {"users": person})
        return replace(queued, lane=replace(queued.lane, channel=str(opened["channel"]["id"])))

    async def _copy_file(self, queued: OutboxMessage) -> None:
        assert self._files is not None
        try:
            await self._files.deliver(queued)
        except CannotCopy as no:
            raise Undelivered(no.failure) from None
        except Unanswered as error:
            raise Undelivered(Failure(error.reason, kind=error.kind, maybe_sent=error.maybe_done)) from None

    async def _react(self, queued: OutboxMessage) -> None:
        """Add or remove a reaction; errors that mean it's already done are ignored."""
        ts = queued.payload.get("ts") or queued.target_ts
        if not ts:
            raise Undelivered(Failure("target_never_arrived"))
        arguments = {"channel": queued.lane.channel, "timestamp": ts, "name": queued.payload["name"]}
        method = "reactions.add" if queued.payload["add"] else "reactions.remove"
        try:
            await self._call(method, arguments)
        except Undelivered as lost:
            if lost.failure.reason not in HARMLESS_REACTION_ERRORS:
                raise

    async def _end_step(self, queued: OutboxMessage) -> None:
        """End a step of a workflow with its outputs or an error; one that is over needs no end."""
        method = "functions.completeError" if "error" in queued.payload else "functions.completeSuccess"
        try:
            await self._call(method, queued.payload)
        except Undelivered as lost:
            if lost.failure.reason not in STEP_OVER:
                raise

    async def _elsewhere(self, queued: OutboxMessage) -> None:
        """Deliver what isn't a message: an App Home, a user group's members, a reaction, a file or a webhook call."""
        channel = queued.lane.channel
        if queued.verb is MessageKind.REACT:
            await self._react(queued)
        elif queued.verb is MessageKind.FILE:
            await self._copy_file(queued)
        elif queued.verb is MessageKind.PUBLISH:
            await self._say("views.publish", queued.payload, lambda view: {"user_id": channel, "view": view})
        elif queued.verb is MessageKind.GROUP:
            await self._set_members(channel, queued.payload["users"])
        elif failure := await self._other_system(queued):
            raise Undelivered(failure)

    async def _other_system(self, queued: OutboxMessage) -> Failure | None:
        """Call a tracker, try a connection for a rehearsal, or call a webhook; return why it failed."""
        kind = kind_of(queued.lane.name)
        if kind in TO_TRACKER:
            return await self._trackers(queued)
        return await (self._trials if kind is LaneKind.REHEARSAL else self._hooks)(queued)

    async def _set_members(self, group: str, users: Sequence[str]) -> None:
        """Set the members of a user group; a scope that is not granted is for people to add, so no try is repeated."""
        try:
            await self._call("usergroups.users.update", {"usergroup": group, "users": ",".join(users)})
        except Undelivered as lost:
            if lost.failure.reason == MISSING_SCOPE:
                raise Undelivered(Failure(MISSING_SCOPE)) from None
            raise

    def _message(self, queued: OutboxMessage) -> dict[str, Any]:
        body = {**self._words(queued), "channel": queued.lane.channel}
        body["metadata"] = {"event_type": EVENT_TYPE, "event_payload": {"message": queued.id}}
        if queued.in_thread and queued.lane.thread_ts:
            body["thread_ts"] = queued.lane.thread_ts
            if queued.payload.get("broadcast") and is_direct(queued.lane.channel):
                body["reply_broadcast"] = True
        return body

    def _words(self, queued: OutboxMessage) -> dict[str, Any]:
        """Return the payload with the link to another lane's message filled in, if there is one."""
        body = {k: v for k, v in queued.payload.items() if k != "broadcast"}
        raw = json.dumps(body, ensure_ascii=False)
        while LINK_OPEN in raw:
            head, _, rest = raw.partition(LINK_OPEN)
            inside, _, tail = rest.partition(LINK_CLOSE)
            label = inside.partition("|")[2]
            raw = head + (self._link(queued.awaits, label) if queued.awaits else label) + tail
        found: dict[str, Any] = json.loads(raw)
        return found

    def _link(self, lane: Lane, label: str) -> str:
        if not lane.thread_ts:
            return f"<#{lane.channel}>" if lane.is_channel and is_channel(lane.channel) else label
        return f"<{self._workspace}archives/{lane.channel}/p{lane.thread_ts.replace('.', '')}|{label}>"

    async def _find(self, queued: OutboxMessage) -> tuple[str, str] | None:
        """Return the channel and timestamp of the message in Slack, if it was posted after all."""
        channel = queued.lane.channel
        if is_person(channel):
            await self._turn("look")
            opened = await self._call("conversations.open", {"users": channel})
            channel = str(opened["channel"]["id"])
        where: dict[str, Any] = {"channel": channel, "include_all_metadata": True, "limit": 200}
        where["oldest"] = f"{((queued.tried_at or queued.created_at) - CLOCK_TOLERANCE).timestamp():.6f}"
        method = "conversations.history"
        if queued.in_thread and queued.lane.thread_ts:
            method, where["ts"] = "conversations.replies", queued.lane.thread_ts
        while True:
            await self._turn("look")
            page = await self._call(method, where)
            for message in page.get("messages", []):
                if message_id(message) == queued.id:
                    log.info("message_already_sent")
                    return channel, str(message["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return None
            where["cursor"] = cursor

    async def _say(
        self,
        method: str,
        content: dict[str, Any],
        wrapped: Callable[[dict[str, Any]], dict[str, Any]] = lambda content: content,
    ) -> dict[str, Any]:
        """Call a method with a message or a view, and again with a plainer one as long as its content is refused."""
        content = self._fallbacks.prepare(content)
        while True:
            try:
                return await self._call(method, wrapped(content))
            except Undelivered as refused:
                if not refused.failure.kind.is_content:
                    raise
                plainer = await self._fallbacks.simplify(content, refused.failure)
                if plainer is None:
                    raise
                content = plainer

    async def _call(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = await self._slack.call(method, arguments)
        except Unanswered as error:
            raise Undelivered(Failure(error.reason, kind=error.kind, maybe_sent=error.maybe_done)) from None
        if not answer.get("ok"):
            messages = answer.get("messages") or ()
            raise Undelivered(
                slack_failure(str(answer.get("error")), retry_after=answer.get("retry_after"), messages=messages)
            )
        return answer


def message_id(message: dict[str, Any]) -> Any:
    """Return the outbox id in a message's metadata; None for other apps' messages."""
    metadata = message.get("metadata") or {}
    return (metadata.get("event_payload") or {}).get("message") if metadata.get("event_type") == EVENT_TYPE else None
