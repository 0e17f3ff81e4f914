"""What the database needs at each start, before requests are accepted."""

import asyncio
from contextlib import suppress

from bot.context import AppContext
from bot.database import CannotStart, database_sentence
from bot.services.delivery import fallbacks
from bot.services.operations import restores, timers
from bot.services.phases import channels, phases
from bot.settings.errors import InvalidSettings
from bot.transport.slack import AioSlackClient
from bot.workers.message_sender import Unanswered, message_id
from domain.errors import Refused
from domain.phases.phase import Phase
from domain.phases.settings import PhaseSettings
from storage.store import StoreFailure

NEWEST = {"limit": 15, "include_all_metadata": True}  # messages that show whether Slack is ahead of the database


def prepare_database(context: AppContext, phase: PhaseSettings | None) -> None:
    """Apply the phase of the settings file, set timers, and load what is kept in memory.

    Raises InvalidSettings, and CannotStart where the database can't be written to.
    """
    try:
        if phase is not None:
            phases.apply_at_start(context, phase)
        timers.set_up(context)
        fallbacks.load(context)
        channels.load_moved(context)
    except Refused as no:
        raise InvalidSettings(no.text) from None
    except StoreFailure as error:
        raise CannotStart(f"The database cannot be written to. {database_sentence(error)}") from None


def read_phases(context: AppContext) -> list[Phase]:
    with context.store.read() as tx:
        return tx.phases.list_phases()


async def follow_restore(context: AppContext, slack: AioSlackClient) -> None:
    """Move ids and numbers on when Slack has messages that the database has yet to send: a backup was restored."""
    places = {phase.triage_channel for phase in await asyncio.to_thread(read_phases, context) if phase.is_active}
    newest = await asyncio.gather(*(_newest_message(slack, one, context.bot_user) for one in sorted(places)))
    await asyncio.to_thread(restores.follow, context, max(newest, default=0))


async def _newest_message(slack: AioSlackClient, channel: str, bot: str) -> int:
    """Return the highest id among the newest of the bot's messages in a channel; 0 when there are none to see."""
    with suppress(Unanswered):
        answer = await slack.call("conversations.history", NEWEST | {"channel": channel})
        ours = (one for one in answer.get("messages") or () if one.get("user") == bot)
        return max((found for one in ours if isinstance(found := message_id(one), int)), default=0)
    return 0
