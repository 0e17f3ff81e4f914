"""Where to walk next, from reports and contacts of each user group, and the line of the digest about it."""

from collections import Counter
from datetime import datetime, timedelta

from bot.services.reporting.figures import group_sizes
from bot.views.contacts import contacts as views
from domain.contacts.contact import Walk, plan_walks
from domain.phases.phase import Phase
from storage.transaction import Transaction

WEEK = timedelta(days=7)


def walks(tx: Transaction, phase: Phase, now: datetime) -> list[Walk]:
    """Return where to walk next; groups of few people are left out, as in all figures."""
    sizes, groups, since = group_sizes(phase), phase.user_group_of, now - WEEK
    if not sizes:
        return []
    heard = met_groups(tx, phase, since, now)
    for _, _, reporter, count in tx.patterns.count_by_reporter(phase.id, since, now):
        heard[groups.get(reporter, "")] += count
    today = tx.contacts.count_by_group(phase.id, phase.start_of_day(phase.local_date(now)), now)
    return plan_walks(sizes, heard, today, tx.contacts.get_last_by_group(phase.id))


def met_groups(tx: Transaction, phase: Phase, since: datetime, until: datetime) -> Counter[str]:
    """Return how often people of each user group were met, beside them or in a session, and reported nothing then."""
    met = Counter(tx.contacts.count_by_group(phase.id, since, until, unreported=True))
    met.update(tx.sessions.count_present(phase.id, since, until))
    return met


def contacts_line(tx: Transaction, phase: Phase, since: datetime, until: datetime) -> str:
    """Return the line of a team's digest; nothing without contacts."""
    counts = tx.contacts.count_outcomes(phase.id, since, until)
    return views.digest_line(counts, walks(tx, phase, until)) if counts else ""
