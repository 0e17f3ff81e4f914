"""How long another system asks to wait, in the header Retry-After."""

MAX_PAUSE = 3600  # seconds; one that still has too much to do then says so again


def read_retry_after(header: object, otherwise: int) -> int:
    """Return the seconds that the header names, at most MAX_PAUSE; `otherwise` where it names none."""
    text = str(header).strip()
    if not (text.isascii() and text.isdecimal()):
        return otherwise
    return MAX_PAUSE if len(text) > len(str(MAX_PAUSE)) else min(int(text), MAX_PAUSE)
