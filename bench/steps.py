"""For a process of its own: starts the bot once and prints what each step of the start costs by itself."""

import asyncio
import inspect
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from bot import logs
from bot.app import application as app_module
from bot.app.application import Application
from bot.settings.settings import load


class Steps:
    """Milliseconds by step; a step inside another is not counted twice."""

    def __init__(self) -> None:
        self.cost: dict[str, float] = {}
        self._inner: list[float] = []

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        self._inner.append(0.0)
        try:
            yield
        finally:
            took = (time.perf_counter() - began) * 1000
            self.cost[name] = self.cost.get(name, 0.0) + took - self._inner.pop()
            if self._inner:
                self._inner[-1] += took

    def watch(self, kind: type) -> None:
        """Every method that the class itself defines becomes a step."""
        for name, method in list(vars(kind).items()):
            if inspect.isfunction(method):
                setattr(kind, name, self._watched(f"{kind.__name__}.{name}", method))

    def watch_functions(self, module: ModuleType) -> None:
        """Every function of our own that a module imports becomes a step."""
        for name, function in list(vars(module).items()):
            if inspect.isfunction(function) and function.__module__.startswith("bot."):
                setattr(module, name, self._watched(name, function))

    def _watched(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(method):

            async def later(*args: Any, **more: Any) -> Any:
                with self.step(name):
                    return await method(*args, **more)

            return later

        def now(*args: Any, **more: Any) -> Any:
            with self.step(name):
                return method(*args, **more)

        return now


async def start() -> dict[str, float]:
    steps = Steps()
    with steps.step("settings"):
        settings = load()
    with steps.step("logs"):
        logs.configure(settings.log_level, settings.log_format)
    steps.watch(Application)
    steps.watch_functions(app_module)
    application = Application(settings)
    await application.start()
    cost = dict(steps.cost)
    await application.stop()
    return cost


if __name__ == "__main__":
    print(json.dumps(asyncio.run(start())))
