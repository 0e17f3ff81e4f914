"""The trackers that there are connectors for: every folder beside this file whose `exports.py` has a TRACKER."""

import functools
import inspect
import pkgutil
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import ParamSpec, TypeVar

import connectors
from connectors.calls import OUTAGE_PAUSE
from connectors.tracker import Tracker, TrackerAccess, TrackerError, TrackerKind
from domain.delivery.message import Failure, FailureKind

P = ParamSpec("P")
R = TypeVar("R")
CALLS = [name for name, one in vars(Tracker).items() if inspect.iscoroutinefunction(one) and name != "close"]


def find_kinds() -> dict[str, TrackerKind]:
    """Return what is known of each tracker, by the name of its folder."""
    names = (f"connectors.{one.name}.exports" for one in pkgutil.iter_modules(connectors.__path__) if one.ispkg)
    modules = (import_module(name) for name in sorted(names) if find_spec(name))
    return {one.__name__.split(".")[1]: one.TRACKER for one in modules}


KINDS: Mapping[str, TrackerKind] = find_kinds()


def open_tracker(name: str, access: TrackerAccess, proxy_for: Callable[[str], str | None]) -> Tracker:
    """Return a client for a tracker, through the proxy of its address; call it inside the event loop."""
    tracker = KINDS[name].open(access, proxy_for(access.address))
    for method in CALLS:
        setattr(tracker, method, _understood(getattr(tracker, method)))
    return tracker


def _understood(call: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Return a method that also fails with TrackerError for an answer of another shape, such as a gateway's."""

    @functools.wraps(call)
    async def calling(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await call(*args, **kwargs)
        except (LookupError, TypeError, AttributeError, ValueError):
            failure = Failure("unreadable_answer", FailureKind.OUTAGE, OUTAGE_PAUSE, maybe_sent=True)
            raise TrackerError(failure) from None

    return calling
