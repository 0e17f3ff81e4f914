"""Who the bot is in Slack, and where it is installed."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog

from bot.database import CannotStart
from bot.transport.slack import AioSlackClient
from bot.workers.message_sender import Unanswered
from domain.delivery.message import FailureKind
from domain.people.profile import Organization

log = structlog.get_logger()
TEAMS_LISTED = 200  # workspaces of an organization


@dataclass(frozen=True, slots=True)
class Identity:
    """`workspace` is its URL, ending in a slash; `app_id` is "" when Slack doesn't say; `answer` is what it said."""

    answer: dict[str, Any]
    workspace: str
    bot_user: str
    app_id: str
    home: Organization


async def identify(slack: AioSlackClient, url: str) -> Identity:
    """Ask Slack at `url` who the bot is; raise CannotStart when it doesn't accept the token or can't be reached."""
    who = await _who_am_i(slack, url)
    home = await _home(slack, url, who)
    return Identity(who, str(who["url"]).rstrip("/") + "/", str(who["user_id"]), await _app_id(slack, who), home)


async def _who_am_i(slack: AioSlackClient, url: str) -> dict[str, Any]:
    """Return the answer of auth.test."""
    answer = await _ask(slack, url, "auth.test", {})
    if not answer.get("ok"):
        raise CannotStart(f"Slack does not accept the bot token ({answer.get('error')}). Is HYPERCARE_BOT_TOKEN right?")
    return answer


async def _ask(slack: AioSlackClient, url: str, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Call a method, and retry for a while when Slack can't be reached or something else answers in its place."""
    why = f"Slack cannot be reached at {url}."
    for attempt in range(5):
        try:
            return await slack.call(method, arguments)
        except Unanswered as error:
            log.warning("slack_no_answer", reason=error.reason, attempt=attempt + 1)
            if error.kind is FailureKind.UNREADABLE:
                why = f"What answers at {url} isn't Slack, or is a proxy. Check HYPERCARE_SLACK_URL and the network."
            await asyncio.sleep(min(2**attempt, 5) * 0.2)
    raise CannotStart(why)


async def _app_id(slack: AioSlackClient, who: dict[str, Any]) -> str:
    """Return the id of the app, for links to its Home."""
    if who.get("app_id") or not who.get("bot_id"):
        return str(who.get("app_id") or "")
    with suppress(Unanswered):
        answer = await slack.call("bots.info", {"bot": who["bot_id"]})
        return str((answer.get("bot") or {}).get("app_id") or "")
    return ""


async def _home(slack: AioSlackClient, url: str, who: dict[str, Any]) -> Organization:
    """Return where the app is installed; of an org-wide install all workspaces in which it may act."""
    enterprise, team = str(who.get("enterprise_id") or ""), str(who["team_id"])
    if not who.get("is_enterprise_install"):
        return Organization((team,), enterprise)
    answer = await _ask(slack, url, "auth.teams.list", {"limit": TEAMS_LISTED})
    teams = tuple(str(one["id"]) for one in answer.get("teams") or ())
    if not teams:
        log.warning("workspaces_not_listed", reason=answer.get("error"))
    slack.teams = teams
    return Organization(teams, enterprise or team, org_wide=True)
