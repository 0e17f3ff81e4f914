"""What all pages and files behind a link have in common: their headers, and pages that are kept for a moment."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

HEADERS: Mapping[str, str] = {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer",
                              "X-Robots-Tag": "noindex", "X-Content-Type-Options": "nosniff"}  # fmt: skip


def page_headers(**allowed: str) -> dict[str, str]:
    """Return the headers of a page that may do nothing but what is said, such as `img_src="data:"`."""
    rules = {"default-src": "'none'", "style-src": "'unsafe-inline'", "frame-ancestors": "'none'"}
    rules |= {name.replace("_", "-"): value for name, value in allowed.items()}
    return {**HEADERS, "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in rules.items())}


class KeptPages:
    """The newest page of each phase is kept for a while; one page at a time is drawn, however many ask for it."""

    def __init__(self, lasts: timedelta, now: Callable[[], datetime]) -> None:
        self._lasts, self._now = lasts, now
        self._made: dict[str, tuple[datetime, bytes]] = {}
        self._turn = asyncio.Lock()

    async def get(self, phase: str, draw: Callable[[datetime], Awaitable[bytes | None]]) -> bytes | None:
        """Return the page of a phase, drawn now if the one that is kept is too old; None when it can't be drawn."""
        async with self._turn:
            now = self._now()
            self._made = {key: one for key, one in self._made.items() if one[0] <= now < one[0] + self._lasts}
            if phase not in self._made:
                drawn = await draw(now)
                if drawn is None:
                    return None
                self._made[phase] = (now, drawn)
            return self._made[phase][1]
