"""Every kind of sender: one module each, which is found by itself."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from domain.signals.alert import SignalKind


def _load() -> dict[str, SignalKind]:
    names = sorted(module.name for module in iter_modules(__path__))
    found: list[SignalKind] = [import_module(f"{__name__}.{name}").KIND for name in names]
    return {kind.name: kind for kind in found}


KINDS: Mapping[str, SignalKind] = _load()
