"""Look up the audience of waves in Slack, and send due invitations and reminders."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

import structlog

from bot.context import AppContext
from bot.services.pulse import waves
from bot.workers.availability import Availability, zone_of
from bot.workers.heartbeat import Read, Transact
from bot.workers.message_sender import Unanswered
from bot.workers.poller import Poller
from domain.people.profile import PersonKind, profile_from
from domain.pulse.wave import Wave

log = structlog.get_logger()
PAGE_SIZE = 200  # people or members in a page of results
BATCH_SIZE = 50  # people in one dnd.teamInfo call, Slack's limit
SLACKBOT = "USLACKBOT"


class SlackRefusedError(Exception):
    """Slack answered a lookup with an error."""


class SurveySender(Poller):
    """`serve` runs a service in a transaction, `read` reads from the database."""

    waits = "pulses"

    def __init__(self, app: AppContext, courtesy: Availability, serve: Transact, read: Read) -> None:
        self._app, self._courtesy, self._serve, self._read = app, courtesy, serve, read
        super().__init__()

    async def _look(self) -> None:
        try:
            await self._gather()
        except (SlackRefusedError, Unanswered):  # the lookup is repeated; other waves go on meanwhile
            log.warning("survey_delayed")
        while due := await self._read(self._due):
            people = [str(row["person"]) for row in due]
            disturbed = await self._courtesy.disturbed(people, self._app.now())
            out = {one for one in await self._read(partial(self._unknown, due)) if not await self._is_active(one)}
            await self._serve(partial(waves.ask, self._app, due, disturbed, out))

    async def _gather(self) -> None:
        for wave, channels in await self._read(self._gathering):
            zones = await self._time_zones()
            members = {channel: await self._members(channel) for channel in channels}
            unread = [channel for channel, found in members.items() if found is None]
            read = {channel: found for channel, found in members.items() if found is not None}
            await self._serve(partial(waves.invite, self._app, wave.id, zones, read, unread))

    def _gathering(self) -> list[tuple[Wave, Sequence[str]]]:
        with self._app.store.read_once() as tx:
            found = tx.waves.list_gathering()
        if not found:
            return []
        with self._app.store.read() as tx:
            phases = {phase.id: phase for phase in tx.phases.list_phases()}
        return [(wave, waves.channels_of(wave, phases[wave.phase_id])) for wave in found]

    def _due(self) -> Sequence[Any]:
        with self._app.store.read_once() as tx:
            return tx.waves.list_due_invitations(self._app.now(), BATCH_SIZE)

    async def _time_zones(self) -> Mapping[str, str]:
        """Return the time zones of all members; not deactivated people, bots, guests and other companies' people."""
        found: dict[str, str] = {}
        for about in self._workspaces():
            async for page in self._pages("users.list", "members", **about):
                for user in page:
                    if self._is_member(user):
                        found[str(user["id"])] = zone_of(str(user.get("tz") or ""))
        return found

    def _workspaces(self) -> Sequence[dict[str, str]]:
        """Return what names each workspace of an org-wide install; of any other there is one, unnamed."""
        home = self._app.home
        return [{"team_id": team} for team in home.teams] if home.org_wide else [{}]

    def _is_member(self, user: Mapping[str, Any]) -> bool:
        profile = profile_from(user, self._app.now())
        member = profile is not None and profile.kind_in(self._app.home) is PersonKind.MEMBER
        return member and user.get("id") != SLACKBOT

    def _unknown(self, due: Sequence[Mapping[str, Any]]) -> Collection[str]:
        """Return due people who were not found in an audience, such as reporters of resolved tickets."""
        with self._app.store.read() as tx:
            return waves.unknown(tx, due)

    async def _is_active(self, person: str) -> bool:
        answer = await self._courtesy.ask("users.info", {"user": person})
        return not answer.get("ok") or self._is_member(answer.get("user") or {})

    async def _members(self, channel: str) -> Collection[str] | None:
        """Return the members of a channel; None where the bot cannot read it."""
        try:
            pages = self._pages("conversations.members", "members", channel=channel)
            return [str(one) async for page in pages for one in page]
        except SlackRefusedError:
            return None

    async def _pages(self, method: str, name: str, **arguments: Any) -> Any:
        cursor = ""
        while True:
            asked = arguments | {"limit": PAGE_SIZE} | ({"cursor": cursor} if cursor else {})
            answer = await self._courtesy.ask(method, asked)
            if not answer.get("ok"):
                raise SlackRefusedError(method)
            yield answer.get(name) or ()
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return
