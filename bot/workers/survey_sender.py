"""Whom a wave asks, and when they may be: asked of Slack; services decide and write."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

import structlog

from bot.context import AppContext
from bot.services.pulse import waves
from bot.workers.availability import Availability, zone_of
from bot.workers.heartbeat import Read, Transact
from bot.workers.poller import Poller
from domain.pulse.wave import Wave

log = structlog.get_logger()
PAGE = 200  # people or members in one answer
AT_ONCE = 50  # people whose rest is asked for in one call, as many as Slack takes
SLACKBOT = "USLACKBOT"
OUT = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")  # who is not asked


class Refusal(Exception):  # noqa: N818 - it is Slack's
    """Slack does not say, and will not."""


class SurveySender(Poller):
    """`serve` is a transaction of services, `read` asks the database."""

    waits = "pulses"

    def __init__(self, app: AppContext, courtesy: Availability, serve: Transact, read: Read) -> None:
        self._app, self._courtesy, self._serve, self._read = app, courtesy, serve, read
        super().__init__()

    async def _look(self) -> None:
        try:
            await self._gather()
        except Refusal:  # it is asked again, and meanwhile others are asked what they are to be asked
            log.warning("survey_delayed")
        while due := await self._read(self._due):
            people = [str(row["person"]) for row in due]
            disturbed = await self._courtesy.disturbed(people, self._app.now())
            out = {one for one in await self._read(partial(self._unknown, due)) if not await self._is_here(one)}
            await self._serve(partial(waves.ask, self._app, due, disturbed, out))

    async def _gather(self) -> None:
        for wave, channels in await self._read(self._gathering):
            here = await self._everybody()
            members = {channel: await self._members(channel) for channel in channels}
            unread = [channel for channel, found in members.items() if found is None]
            read = {channel: found for channel, found in members.items() if found is not None}
            await self._serve(partial(waves.invite, self._app, wave.id, here, read, unread))

    def _gathering(self) -> list[tuple[Wave, Sequence[str]]]:
        with self._app.store.read() as tx:
            found = tx.waves.list_gathering()
            phases = {phase.id: phase for phase in tx.phases.all()} if found else {}
        return [(wave, waves.channels_of(wave, phases[wave.phase_id])) for wave in found]

    def _due(self) -> Sequence[Any]:
        with self._app.store.read() as tx:
            return tx.waves.list_due_invitations(self._app.now(), AT_ONCE)

    async def _everybody(self) -> Mapping[str, str]:
        """The time zone of everybody who can be asked: not who left, bots, guests, or people of another company."""
        found: dict[str, str] = {}
        async for page in self._pages("users.list", "members"):
            for user in page:
                if self._is_one_of_us(user):
                    found[str(user["id"])] = zone_of(str(user.get("tz") or ""))
        return found

    def _is_one_of_us(self, user: Mapping[str, Any]) -> bool:
        out = any(user.get(why) for why in OUT)
        return not out and user.get("id") != SLACKBOT and user.get("team_id") in (None, self._app.team)

    def _unknown(self, due: Sequence[Mapping[str, Any]]) -> Collection[str]:
        """Who is about to be asked without having been found in an audience: whoever reported something."""
        with self._app.store.read() as tx:
            return waves.unknown(tx, due)

    async def _is_here(self, person: str) -> bool:
        answer = await self._courtesy.ask("users.info", {"user": person})
        return not answer.get("ok") or self._is_one_of_us(answer.get("user") or {})

    async def _members(self, channel: str) -> Collection[str] | None:
        """None where the bot may not know."""
        try:
            pages = self._pages("conversations.members", "members", channel=channel)
            return [str(one) async for page in pages for one in page]
        except Refusal:
            return None

    async def _pages(self, method: str, name: str, **arguments: Any) -> Any:
        cursor = ""
        while True:
            asked = arguments | {"limit": PAGE} | ({"cursor": cursor} if cursor else {})
            answer = await self._courtesy.ask(method, asked)
            if not answer.get("ok"):
                raise Refusal(method)
            yield answer.get(name) or ()
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return
