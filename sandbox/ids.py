"""Makes ids that look like Slack's and are the same at every start."""

import hashlib

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LENGTH = 9


def named_id(prefix: str, name: str) -> str:
    number = int.from_bytes(hashlib.sha256(f"{prefix}:{name}".encode()).digest()[:8], "big")
    digits = []
    for _ in range(_LENGTH):
        number, rest = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[rest])
    return f"{prefix}0{''.join(digits)}"


class IdMaker:
    """Counts, so that the n-th new thing of a workspace gets the same id in every run."""

    def __init__(self, count: int = 0) -> None:
        self.count = count

    def next(self, prefix: str) -> str:
        self.count += 1
        return named_id(prefix, str(self.count))
