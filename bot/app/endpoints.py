"""Pages for people and endpoints for other systems, which the HTTP server serves beside its probes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from importlib.metadata import version

from bot.app.access import pagerduty_access, teams_access, tracker_access
from bot.app.threads import DatabaseThreads
from bot.context import AppContext
from bot.services.api import reading
from bot.services.connectors import incoming
from bot.services.mail import answers, digests, web_pages
from bot.services.oncall import pagerduty
from bot.services.oncall.calendar_feed import calendar_of
from bot.services.reporting import digest, readings, wallboard
from bot.services.signals import receiving
from bot.services.teams import receiving as teams
from bot.services.tickets.links import place_of
from bot.settings.settings import Settings
from bot.transport.api import ApiEndpoint
from bot.transport.calendar_feeds import CalendarFeedPages
from bot.transport.mail_answers import MailAnswerPages
from bot.transport.monitor import MonitorServer
from bot.transport.pagerduty import PagerDutyEndpoint
from bot.transport.reports import ReportPages
from bot.transport.signals import IntegrationEndpoint, SignalEndpoint
from bot.transport.teams import Fetch, TeamsEndpoint
from bot.transport.ticket_links import TicketLinks
from bot.transport.trackers import TrackerEndpoint
from bot.transport.unsubscribing import UnsubscribePages
from bot.transport.visitors import read_networks
from bot.transport.wallboards import WallboardPages
from bot.transport.web_forms import WebFormPages
from bot.views.api.openapi import document
from connectors.teams.tokens import TokenChecker


def add_endpoints(
    server: MonitorServer, settings: Settings, app: AppContext, now: Callable[[], datetime], threads: DatabaseThreads,
    signals: ThreadPoolExecutor, logs: ThreadPoolExecutor, fetch: Fetch,
    count_answer: Callable[[str, int], None],
) -> None:  # fmt: skip
    """Give the server its pages and endpoints; programs have the pools `signals` and `logs`, apart from people.

    `fetch` gets the files of a message in Teams. `count_answer` counts what came in from a system, by its answer.
    """
    token = settings.signals_token.get_secret_value() if settings.signals_token else ""
    opened, pool = partial(digest.opened, app), threads.pool
    for one in (
        CalendarFeedPages(partial(calendar_of, app), pool),
        SignalEndpoint(token, partial(readings.receive, app), partial(readings.rehearse, app), pool),
        IntegrationEndpoint(partial(receiving.receive, app), signals, logs, threads.yield_to_people),
        TicketLinks(partial(place_of, app), pool),
        ReportPages(opened, settings.database, now, pool),
        WallboardPages(partial(wallboard.opened, app), partial(wallboard.draw, app), now, pool),
        TrackerEndpoint(tracker_access(settings), partial(incoming.note_news, app), signals),
        PagerDutyEndpoint(pagerduty_access(settings), partial(pagerduty.receive, app), signals),
        TeamsEndpoint(_teams_tokens(settings), teams_access(settings).reaches, fetch, partial(teams.receive, app),
                      partial(teams.rehearse, app), signals, partial(count_answer, "teams"),
                      local=bool(settings.teams_local_url)),
        _api(settings, app, now, signals),
        WebFormPages(partial(web_pages.form, app), partial(web_pages.follow, app), settings.public_url, now, signals,
                     read_networks(settings.trusted_proxies)),
        MailAnswerPages(partial(answers.name_of_ticket, app), partial(answers.use_link, app), signals),
        UnsubscribePages(partial(digests.look, app), partial(digests.unsubscribe, app), signals),
    ):  # fmt: skip
        server.serve(one.add)


def _teams_tokens(settings: Settings) -> TokenChecker | None:
    """Return what checks requests of Teams; None without a bot, and where one is tried on this machine."""
    if not settings.teams_app_id or settings.teams_local_url:
        return None
    return TokenChecker(settings.teams_app_id, settings.teams_tenant)


def _api(settings: Settings, app: AppContext, now: Callable[[], datetime], pool: ThreadPoolExecutor) -> ApiEndpoint:
    described = document(version("hypercare"), settings.public_url)
    return ApiEndpoint(
        partial(reading.list_tickets, app), partial(reading.get_ticket, app), partial(reading.list_events, app),
        partial(reading.get_figures, app), described, now, pool,
    )  # fmt: skip
