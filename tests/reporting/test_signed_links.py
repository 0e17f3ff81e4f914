"""Signed links are valid until they expire, and only with the secret they were signed with."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot import signed_links

MOMENTS = st.integers(1_600_000_000, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
SECRETS = st.text("0123456789abcdef", min_size=1).map(str.encode)
SECOND = timedelta(seconds=1)


@settings(deadline=None)
@given(SECRETS, SECRETS, st.text(max_size=12), MOMENTS)
def test_a_link_opens_until_its_moment_and_only_with_its_own_secret(
    secret: bytes, other: bytes, key: str, until: datetime
) -> None:
    token = signed_links.sign(secret, key, until)
    assert signed_links.opened(secret, token, until - SECOND) == key
    assert signed_links.opened(secret, token, until) is None
    if other != secret:
        assert signed_links.opened(other, token, until - SECOND) is None


@settings(deadline=None)
@given(st.text())
def test_no_other_text_opens_a_report(text: str) -> None:
    assert signed_links.opened(b"secret", text, datetime(2026, 1, 1, tzinfo=UTC)) is None


def test_without_a_secret_no_link_opens() -> None:
    token = signed_links.sign(b"", "PAY", datetime(2100, 1, 1, tzinfo=UTC))
    assert signed_links.opened(b"", token, datetime(2026, 1, 1, tzinfo=UTC)) is None
