"""Structured logs: one line per event, with ids and reasons, never a secret and never what a person wrote."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from bot.log_events import LOG_EVENTS
from bot.redaction import redact


def configure(level: str, form: str) -> None:
    """Set up structlog and silence the libraries' own loggers, except for critical records.

    `form` is "json" or "text". Each line has `event`, a stable key, and `message`, its sentence.
    """
    renderer: Any = structlog.processors.JSONRenderer()
    if form == "text":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), event_key="message", pad_event_to=0)
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            add_sentence,
            hide_secrets,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Slack's libraries log request bodies at debug level and whole payloads on errors; we log what we need ourselves.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s")
    for name in ("slack_sdk", "slack_bolt", "hypercare.bolt", "aiohttp", "sqlalchemy", "apscheduler", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def add_sentence(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Add the sentence of the event as `message`; an unknown event is its own sentence."""
    return {"event": entry["event"], "message": LOG_EVENTS.get(entry["event"], entry["event"]), **entry}


def hide_secrets(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace tokens and passwords in any value, as a last guard."""
    return {name: redact(value) if isinstance(value, str) else value for name, value in entry.items()}
