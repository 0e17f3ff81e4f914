"""Load models of language and of tone in the background, since that takes seconds."""

import asyncio
import threading
from collections.abc import Sequence
from contextlib import suppress

from bot.blame import LANGUAGES, find_in
from bot.extras import TONE
from bot.language import load_language
from bot.sentiment import tone
from domain.phases.phase import Phase


class ModelLoader:
    """Loads in a thread of its own, which touches no database, so that a stop need not wait for it."""

    def __init__(self) -> None:
        self.loaded = asyncio.Event()
        self._thread: threading.Thread | None = None

    def start(self, phases: Sequence[Phase]) -> None:
        """Begin to load the language, and what phases use of blame and tone."""
        comments = TONE.is_installed and any(phase.pulse.pulses for phase in phases)
        hints = any(phase.conversations.blame_hints for phase in phases)
        loop = asyncio.get_running_loop()

        def load() -> None:
            try:
                load_language()
                if hints:
                    find_in("Hello.", LANGUAGES)
                if comments:
                    tone("")
            finally:
                with suppress(RuntimeError):  # the bot was stopped meanwhile
                    loop.call_soon_threadsafe(self.loaded.set)

        self._thread = threading.Thread(target=load, name="models", daemon=True)
        self._thread.start()

    @property
    def is_loading(self) -> bool:
        """Whether models are still being loaded, which also goes on after a stop."""
        return self._thread is not None and self._thread.is_alive()

    def wait(self) -> None:
        """Wait until models are loaded: Python must not end in the middle of that."""
        if self._thread:
            self._thread.join()
