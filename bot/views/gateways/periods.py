"""The periods of the pages of gateways, in words."""

from domain.text import plural

UNITS = {"h": ("hour", "{count} hours"), "d": ("day", "{count} days")}


def in_words(period: str) -> str:
    """Return a period such as `6h` as it follows `in the last`."""
    one, many = UNITS[period[-1]]
    return plural(int(period[:-1]), one, many)
