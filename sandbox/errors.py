"""An answer in which Slack says no."""

from typing import Any


class SlackError(Exception):
    """Becomes `{"ok": false, "error": …}` with whatever details Slack adds."""

    def __init__(self, error: str, **details: Any) -> None:
        super().__init__(error)
        self.error = error
        self.details = details

    def body(self) -> dict[str, Any]:
        return {"ok": False, "error": self.error} | self.details
