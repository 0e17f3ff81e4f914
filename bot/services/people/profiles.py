"""Keep what Slack says about people: from its events, and from looking up again what is old."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.context import AppContext
from bot.services.people import departures
from domain.people.profile import Profile, profile_from
from storage.transaction import Transaction

MAX_AGE_OF_HOLDER = timedelta(minutes=10)  # of the profile of a person who owns tickets or is in the team
BATCH_SIZE = 20  # people looked up in one round


def receive(app: AppContext, user: Mapping[str, Any], request: str) -> None:
    """Keep the account that an event carries, of a person who is known or has left."""
    profile = profile_from(user, app.now())
    if profile is None:
        return
    with app.store.read() as tx:
        known = tx.profiles.find(profile.id)
    if profile.deleted or known is not None:
        with app.transaction(request) as tx:
            keep(app, tx, profile)


def keep(app: AppContext, tx: Transaction, profile: Profile) -> None:
    """Save a profile, and do what follows when the person has left or is back; older news change nothing."""
    known = tx.profiles.find(profile.id)
    if known is not None and known.updated > profile.updated:
        return
    held = not (known and known.deleted) and profile.deleted and departures.release(app, tx, profile)
    if known is not None or held or not profile.deleted:
        tx.profiles.save(profile)
    if known is not None and known.deleted and not profile.deleted:
        departures.welcome_back(app, tx, profile.id)


def list_stale(app: AppContext) -> list[str]:
    """Return the people whom the team relies on and to ask Slack about again."""
    now = app.now()
    with app.store.read() as tx:
        team = {one for phase in tx.phases.list_phases() if phase.is_active for one in phase.responder_people}
        holders = team | tx.departures.list_holders()
        known = tx.profiles.list_by_ids(holders)
        fresh = {one for one, found in known.items() if found.deleted or found.fetched_at > now - MAX_AGE_OF_HOLDER}
    return sorted(holders - fresh)[:BATCH_SIZE]
