"""Structured logs: one line per event, with ids and reasons, never a secret and never what a person wrote."""

import logging
import sys
import threading
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from bot.log_events import LOG_EVENTS
from bot.redaction import redact
from domain.errors import where

log = structlog.get_logger()


def configure(level: str, form: str) -> None:
    """Set up structlog and silence the libraries' own loggers, except for critical records.

    `form` is "json" or "text". Each line has `event`, a stable key, and `message`, its sentence.
    """
    renderers: list[Any] = [structlog.processors.JSONRenderer()]
    if form == "text":
        plain = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), event_key="message", pad_event_to=0)
        renderers = [show_unprintable, plain]
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            add_sentence,
            hide_secrets,
            *renderers,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Slack's libraries log request bodies at debug level and whole payloads on errors; we log what we need ourselves.
    logging.basicConfig(level=logging.WARNING, handlers=[LibraryLines()], force=True)
    for name in ("slack_sdk", "slack_bolt", "hypercare.bolt", "aiohttp", "sqlalchemy", "apscheduler", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


class LibraryLines(logging.Handler):
    """Write a line of a library as one of ours: which library and which error, but neither its words nor a traceback.

    Both may quote what people wrote, and a traceback is no line.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        error = record.exc_info[0] if record.exc_info else None
        log.warning("library_warned", library=record.name, grade=record.levelname.lower(),
                    error=error.__name__ if error else None)  # fmt: skip


def note_thread(failed: threading.ExceptHookArgs) -> None:
    """Log an error that ended a thread, for `threading.excepthook`."""
    if isinstance(failed.exc_value, Exception):
        log.error("background_failed", error=type(failed.exc_value).__name__, where=where(failed.exc_value))


def note_task(_loop: object, failed: Mapping[str, Any]) -> None:
    """Log an error that no one waited for, for an event loop."""
    error = failed.get("exception")
    log.error("background_failed", error=type(error).__name__ if error else failed.get("message"),
              where=where(error) if error else "")  # fmt: skip


def show_unprintable(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Write characters that a terminal doesn't show, or obeys, as escapes; JSON does that by itself."""
    return {name: _shown(value) if isinstance(value, str) else value for name, value in entry.items()}


def _shown(text: str) -> str:
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def add_sentence(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Add the sentence of the event as `message`; an unknown event is its own sentence."""
    return {"event": entry["event"], "message": LOG_EVENTS.get(entry["event"], entry["event"]), **entry}


def hide_secrets(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace tokens and passwords in any value, as a last guard."""
    return {name: redact(value) if isinstance(value, str) else value for name, value in entry.items()}
