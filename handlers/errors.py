"""Run a handler and turn its errors into answers for people."""

import html
import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import structlog

from bot.context import AppContext
from bot.services.conversations.threads import NotYetPosted
from bot.services.people import names
from bot.views.form import InvalidForm, blocks_of
from bot.views.outside import without_mentions
from bot.views.text import mention
from domain import typed
from domain.errors import Refused, Repeated, where
from handlers.request import Answer, Handler, OpenModal, Reply, Request, UpdateModal, reply
from storage.database.failures import DiskFull
from storage.store import StoreFailure

log = structlog.get_logger()
AWAY = "This wasn't saved, because the database can't be reached. Try again in a minute."
FULL = "This wasn't saved, because the disk of the database is full. Tell a lead, and try again when there is space."
BROKEN = (
    "This wasn't saved, because of an error in Hypercare. Try again. If it keeps failing, tell a lead this reference:"
)
DATE_FALLBACK = re.compile(r"<!date\^[^|>]*\|([^>]*)>")
Table = Mapping[str, Handler]


class RequestFailed(Exception):  # noqa: N818 - carries the text for the person
    """A request failed because of an error of ours; `text` is for the person."""

    def __init__(self, text: str, *, again: bool) -> None:
        super().__init__(text)
        self.text = text
        self.again = again  # whether another delivery may succeed


def answer(handler: Handler, app: AppContext, call: Request) -> Answer:
    """Run a handler; unexpected errors become RequestFailed with a logged reference, Refused and InvalidForm pass.

    The log never says who it was: what is logged within may be about an anonymous report.
    """
    with structlog.contextvars.bound_contextvars(request=call.request):
        try:
            answered = handler(app, call)
        except Repeated:
            log.info("request_repeated")
            return None
        except (Refused, InvalidForm) as no:
            log.info("request_refused", field=getattr(no, "field", None))
            raise
        except NotYetPosted:
            raise RequestFailed("", again=True) from None
        except StoreFailure as error:
            reference = secrets.token_hex(4)
            log.error("database_failed", reference=reference, error=type(error).__name__)  # noqa: TRY400 - a traceback would repeat the statement
            away = FULL if isinstance(error, DiskFull) else AWAY
            raise RequestFailed(f"{away} (reference {reference})", again=True) from None
        except Exception as error:  # noqa: BLE001 - the one place for unexpected errors
            reference = secrets.token_hex(4)
            # The message of an unknown error may quote what a person wrote; where it happened is enough.
            log.error("request_failed", reference=reference, error=type(error).__name__, where=where(error))  # noqa: TRY400 - see above
            raise RequestFailed(f"{BROKEN} {reference}", again=False) from None
        log.info("request_handled")
        return _with_names(app, answered)


def _with_names(app: AppContext, answered: Answer) -> Answer:
    """Return the answer with the names of people in it."""
    match answered:
        case Reply(message=given):
            return replace(answered, message=names.fill(app, given))
        case OpenModal(view=given) | UpdateModal(view=given):
            return replace(answered, view=names.fill(app, given))
    return answered


def polite(handler: Handler, app: AppContext, call: Request) -> Answer:
    """Run a handler and return every refusal or error as a reply."""
    try:
        return answer(handler, app, call)
    except Refused as no:
        return reply(no.told(mention))
    except InvalidForm as no:
        return reply(" ".join(no.errors.values()))
    except RequestFailed as no:
        return reply(no.text)


def verb_of(table: Table, text: str) -> tuple[str, str]:
    """Return the verb and the rest of a command's text in plain characters; the verb is "?" when unknown."""
    verb, rest = [*typed.instruction(text).split(None, 1), "", ""][:2]
    known = typed.instruction(verb).rstrip(":").lower()
    return (known, rest.strip()) if known in table else ("?", verb)


def said_after_verb(text: str) -> str:
    """Return what follows the verb as it was typed, for others to read."""
    words = iter(text.split(None, 1))
    rest = next((after for word in words if typed.plain(word) for after in words), "")
    return rest.strip()


def field_errors(app: AppContext, error: Exception, view: Mapping[str, Any]) -> dict[str, str]:
    """Return errors by form field, in the plain text that Slack shows there; one without a field goes to the first."""
    return {field: _plain(app, text) for field, text in _by_field(error, view).items()}


def _by_field(error: Exception, view: Mapping[str, Any]) -> dict[str, str]:
    inputs = [str(b.get("block_id")) for b in blocks_of(view) if b.get("type") == "input"]
    if isinstance(error, InvalidForm):
        known = {k: v for k, v in error.errors.items() if k in inputs}
        return known or dict.fromkeys(inputs[:1], " ".join(error.errors.values()))
    text = words_of(error)
    field = getattr(error, "field", None)
    return {str(field if field in inputs else inputs[0]): text} if inputs else {}


def _plain(app: AppContext, text: str) -> str:
    """Return a sentence with the names of people, and without the marks that plain text shows as they are."""
    named = names.fill(app, without_mentions({"text": text}))["text"]
    return html.unescape(DATE_FALLBACK.sub(r"\1", named).replace("`", ""))


def words_of(error: Exception) -> str:
    """Return the text of an error for the person."""
    return error.told(mention) if isinstance(error, Refused) else str(getattr(error, "text", error))
