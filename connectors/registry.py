"""The trackers that there are connectors for: every folder beside this file whose `exports.py` has a TRACKER."""

import pkgutil
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec

import connectors
from connectors.tracker import Tracker, TrackerAccess, TrackerKind


def find_kinds() -> dict[str, TrackerKind]:
    """Return what is known of each tracker, by the name of its folder."""
    names = (f"connectors.{one.name}.exports" for one in pkgutil.iter_modules(connectors.__path__) if one.ispkg)
    modules = (import_module(name) for name in sorted(names) if find_spec(name))
    return {one.__name__.split(".")[1]: one.TRACKER for one in modules}


KINDS: Mapping[str, TrackerKind] = find_kinds()


def open_tracker(name: str, access: TrackerAccess, proxy_for: Callable[[str], str | None]) -> Tracker:
    """Return a client for a tracker, through the proxy of its address; call it inside the event loop."""
    return KINDS[name].open(access, proxy_for(access.address))
