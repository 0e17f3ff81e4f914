"""The hosts of Microsoft that messages to Teams are sent to."""

from urllib.parse import SplitResult, urlsplit

# https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages
HOSTS = frozenset({"smba.trafficmanager.net", "smba.infra.gcc.teams.microsoft.com", "smba.infra.gov.teams.microsoft.us",
                   "smba.infra.dod.teams.microsoft.us"})  # fmt: skip
# Files of a chat are in a person's OneDrive, which is a SharePoint:
# https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/bots-filesv4
FILE_HOSTS = (".sharepoint.com", ".sharepoint.us")


def is_microsoft(address: str) -> bool:
    """Whether an address is one of Microsoft's for bots in Teams; our token is sent to no other."""
    parts = _https(address)
    return parts is not None and not parts.query and not parts.fragment and parts.hostname in HOSTS


def is_file_host(address: str) -> bool:
    """Whether an address is one from which Teams has files fetched: a SharePoint of Microsoft."""
    parts = _https(address)
    return parts is not None and (parts.hostname or "").endswith(FILE_HOSTS)


def _https(address: str) -> SplitResult | None:
    """Return the parts of an address by https without a user, a password and a port of its own; None of any other."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    plain = parts.scheme == "https" and port in (None, 443) and parts.username is None and parts.password is None
    return parts if plain else None


def is_local(address: str) -> bool:
    """Whether an address is on this machine."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
