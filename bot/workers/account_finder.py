"""Who has which account in a tracker: the settings name people, and others are found by their e-mail addresses."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from bot.context import AppContext
from bot.workers.message_sender import SlackClient, Unanswered
from connectors.tracker import Tracker, TrackerError
from domain.address import is_person
from domain.connectors.issue import Issue
from domain.connectors.merging import Accounts
from domain.connectors.settings import Connection, Direction
from domain.people.profile import profile_from
from storage.transaction import Transaction

log = structlog.get_logger()
Serve = Callable[[Callable[[Transaction], Any]], Awaitable[Any]]
KEPT_FOR = timedelta(hours=1)  # so that a new address counts soon, and an old one is forgotten
MAX_KEPT = 1000  # answers
SLACK_PAUSE = 10  # seconds until Slack is asked again that did not answer
LATER = frozenset({"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"})


class NotNowError(Exception):
    """Slack doesn't say at the moment who a person is."""


class AccountFinder:
    """Asks Slack and trackers about people, and stores nothing: answers are kept in memory for an hour."""

    def __init__(self, app: AppContext, slack: SlackClient, serve: Serve) -> None:
        self._app, self._slack, self._serve = app, slack, serve
        self._kept: dict[tuple[str, str], tuple[datetime, str]] = {}

    async def find(
        self, system: str, tracker: Tracker, connection: Connection, issue: Issue, owner: str | None, *, leaves: bool
    ) -> Accounts:
        """Return the accounts of a ticket's owner and of the people of its issue, as far as they can be known.

        The owner's is asked for where something of the ticket `leaves` for the tracker. Raises NotNowError, and
        TrackerError when the tracker doesn't answer.
        """
        known = dict(connection.people)
        if owner and owner not in known and leaves and connection.owner is not Direction.THEIRS:
            account = await self._once(f"{system} account", owner, partial(self._account_of, tracker))
            known |= {owner: account} if account else {}
        there = [] if connection.owner is Direction.OURS or not issue.assignee else [issue.assignee]
        there += [one.author for one in issue.comments if one.is_public and not one.author.is_us]
        for one in there:
            if one.address and one.id not in known.values():
                person = await self._once("person", one.address.casefold(), self._person)
                known |= {person: one.id} if person and person not in known else {}
        return Accounts(known, owner)

    async def _once(self, kind: str, about: str, ask: Callable[[str], Awaitable[str]]) -> str:
        """Return what is kept of an earlier answer, and ask where nothing is."""
        until, found = self._kept.get((kind, about), (self._app.now(), ""))
        if until > self._app.now():
            return found
        found = await ask(about)
        if len(self._kept) >= MAX_KEPT:
            self._kept.clear()
        self._kept[kind, about] = (self._app.now() + KEPT_FOR, found)
        return found

    async def _account_of(self, tracker: Tracker, person: str) -> str:
        user = await self._ask("users.info", {"user": person}) if is_person(person) else {}
        profile, shown = profile_from(user, self._app.now()), user.get("profile")
        address = shown.get("email") if isinstance(shown, Mapping) else None
        is_checked = user.get("is_email_confirmed") is True and isinstance(address, str)
        if profile is None or profile.deleted or profile.is_bot or not is_checked:
            return ""
        try:
            return await tracker.find_account(str(address))
        except TrackerError as error:
            if not error.is_refusal:
                raise
            log.warning("account_not_found", reason=error.failure.reason)
            return ""

    async def _person(self, address: str) -> str:
        """Return the id of the person with that address, whose profile is kept; "" for none."""
        profile = profile_from(await self._ask("users.lookupByEmail", {"email": address}), self._app.now())
        if profile is None or profile.deleted or profile.is_bot:
            return ""
        await self._serve(lambda tx: tx.profiles.save(profile))
        return profile.id

    async def _ask(self, method: str, about: dict[str, str]) -> Mapping[str, Any]:
        """Return the user that Slack describes; {} when it knows none, or may not say."""
        try:
            answer = await self._slack.call(method, about)
        except Unanswered:
            raise NotNowError from None
        if answer.get("error") in LATER:
            raise NotNowError
        if not answer.get("ok") and not str(answer.get("error")).endswith("_not_found"):
            log.warning("people_not_read", method=method, reason=answer.get("error"))
        user = answer.get("user")
        return user if isinstance(user, Mapping) else {}
