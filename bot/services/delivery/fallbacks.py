"""Fallbacks for every message and view: what Slack refuses is said with plainer blocks, and at last as text.

A refused kind of block is remembered for a day, so the next messages start with the plainer form.
"""

import re
from collections.abc import Collection
from datetime import timedelta

import structlog

from bot.context import AppContext
from bot.views import simpler
from bot.views.simpler import BASIC, Content
from domain.delivery.message import Failure, FailureKind
from storage.delivery.refused_blocks import RefusedBlock
from storage.store import StoreFailure

log = structlog.get_logger()
REMEMBERED = timedelta(days=1)
BLOCK = re.compile(r"/blocks/(\d+)")
MAX_LOGGED = 5  # pointers in one log line


def load(app: AppContext) -> None:
    """Read the remembered refusals, once at the start."""
    with app.store.read() as tx:
        found = tx.refused_blocks.list_active(app.now(), workspace_of(app))
    app.refused_blocks = {one.block_type: one.until for one in found}


def workspace_of(app: AppContext) -> str:
    """Return the id under which refusals are kept: the workspace's, or the organization's for an org-wide install."""
    return app.home.enterprise if app.home.org_wide else next(iter(app.home.teams), "")


def prepare(app: AppContext, content: Content) -> Content:
    """Return the message or view as this workspace is known to take it; costs no query."""
    now = app.now()
    refused = {kind for kind, until in app.refused_blocks.items() if until > now}
    return simpler.without(content, refused) if refused else content


def may_be_refused(app: AppContext, content: Content) -> bool:
    """Whether the content has blocks that this workspace may refuse: newer ones that it is not known to refuse."""
    return bool(simpler.types_of(prepare(app, content)) - BASIC)


def simplify(app: AppContext, content: Content, refusal: Failure) -> Content | None:
    """Return the next plainer form of what Slack has just refused, and remember why; None when there is none."""
    refused = _refused_types(content, refusal)
    made: Content | None
    if refused:
        step, made = "plain blocks", simpler.without(content, refused)
        if refusal.kind is FailureKind.CONTENT:
            _remember(app, content, refused, refusal)
    elif refusal.kind is FailureKind.TOO_LONG and simpler.shorter(content) != content:
        step, made = "shorter text", simpler.shorter(content)
    else:
        step, made = "text", simpler.as_text(content)
    log.warning("content_refused", error=refusal.reason, pointers=list(refusal.pointers[:MAX_LOGGED]),
                blocks=sorted(refused), next_step=step if made != content else None)  # fmt: skip
    return made if made != content else None


def _refused_types(content: Content, refusal: Failure) -> frozenset[str]:
    """Return the kinds of blocks that may be what Slack doesn't take: those it points at, or every newer one."""
    newer = simpler.types_of(content) - BASIC
    pointed = _pointed(content, refusal.pointers)
    return newer & pointed if pointed else newer


def _pointed(content: Content, pointers: Collection[str]) -> frozenset[str]:
    blocks = content.get("blocks") or []
    places = {int(found[1]) for one in pointers if (found := BLOCK.search(one))}
    return frozenset(str(blocks[place].get("type")) for place in places if place < len(blocks))


def _remember(app: AppContext, content: Content, refused: Collection[str], refusal: Failure) -> None:
    now, until = app.now(), app.now() + REMEMBERED
    where = {kind: next((p for p in refusal.pointers if kind in _pointed(content, [p])), "") for kind in refused}
    rows = [
        RefusedBlock(block_type=kind, refused_at=now, until=until, error=refusal.reason, pointer=where[kind])
        for kind in sorted(refused)
    ]
    app.refused_blocks = {**app.refused_blocks, **dict.fromkeys(refused, until)}
    try:
        with app.store.begin() as tx:
            tx.refused_blocks.remember(workspace_of(app), rows)
    except StoreFailure as error:
        log.warning("refusal_not_saved", error=type(error).__name__)
