"""A phase whose gateway sends its log, without Slack."""

from tests.signals.conftest import senders, store, watched

__all__ = ["senders", "store", "watched"]
