"""Structured logs: one line an event, with ids and reasons, never a secret and never what somebody wrote."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

SECRET = re.compile(r"(xox[a-z]|xapp|xoxe|xwfp)[-.][A-Za-z0-9\-.]+|://([^:/@\s]+):[^@\s]+@")


def configure(level: str, form: str) -> None:
    """Set up structlog and quieten the libraries' own loggers to warnings."""
    renderer: Any = structlog.processors.JSONRenderer()
    if form == "text":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Slack's libraries log request bodies at debug and whole payloads on errors; we log what we need ourselves.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s")
    for name in ("slack_sdk", "slack_bolt", "hypercare.bolt", "aiohttp", "sqlalchemy", "apscheduler", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def redact(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A last guard: tokens and passwords in any value are blacked out."""
    return {k: SECRET.sub("[secret]", v) if isinstance(v, str) else v for k, v in entry.items()}
