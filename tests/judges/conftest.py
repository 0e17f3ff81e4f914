"""The sandbox's own fixtures, as apps of others are judges of it."""

from tests.sandbox.conftest import bolt, make_box, short_waits

__all__ = ("bolt", "make_box", "short_waits")
