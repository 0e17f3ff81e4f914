"""When a message was written, which Slack says in its timestamp."""

from datetime import UTC, datetime


def written_at(ts: object) -> datetime | None:
    """Return the moment of a timestamp such as `1772528465.536083`; None for what is none, as a client may say."""
    try:
        return datetime.fromtimestamp(float(str(ts)), UTC)
    except (ValueError, OverflowError, OSError):
        return None
