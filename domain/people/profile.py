"""Who a person is, as the chat system says: a member, a guest, of another company, an app, or gone.

Slack's user object: https://docs.slack.dev/reference/objects/user-object
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class PersonKind(StrEnum):
    """The kinds of people; what each may do is the table of `domain/people/abilities.py`."""

    MEMBER = "member"  # of the workspace, or of another one of its organization
    GUEST = "guest"  # a restricted account of the workspace
    STRANGER = "stranger"  # of another company, in a channel that is shared with it
    APP = "app"  # a bot of another app
    DEACTIVATED = "deactivated"
    UNKNOWN = "unknown"  # Slack could not be asked, so they may do what a stranger may


@dataclass(frozen=True, slots=True)
class Organization:
    """Where the app is installed: its workspaces, and their Enterprise Grid organization or ""."""

    teams: tuple[str, ...] = ()
    enterprise: str = ""
    org_wide: bool = False  # the app is installed for the whole organization

    def owns(self, place: str) -> bool:
        """Return whether that is the id of one of the workspaces or of the organization."""
        return bool(place) and (place in self.teams or place == self.enterprise)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What Slack says about a person. `updated` is in seconds of Slack's clock, so that older news are recognised."""

    id: str
    display_name: str = ""
    real_name: str = ""
    team: str = ""
    enterprise: str = ""
    is_stranger: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_bot: bool = False
    deleted: bool = False
    is_admin: bool = False
    is_owner: bool = False
    tz: str = ""
    updated: int = 0
    fetched_at: datetime

    @property
    def name(self) -> str:
        """Return what other people read as their name."""
        return self.display_name or self.real_name

    def kind_in(self, home: Organization) -> PersonKind:
        """Return the kind of person for an app that is installed in that organization."""
        if self.deleted:
            return PersonKind.DEACTIVATED
        if self.is_bot:
            return PersonKind.APP
        if self.is_stranger or not self._is_of(home):
            return PersonKind.STRANGER
        return PersonKind.GUEST if self.is_restricted or self.is_ultra_restricted else PersonKind.MEMBER

    def _is_of(self, home: Organization) -> bool:
        places = [place for place in (self.team, self.enterprise) if place]
        # An account without a workspace is one of ours: ours answered for it.
        return not places or any(map(home.owns, places))


def profile_from(user: Mapping[str, Any], at: datetime) -> Profile | None:
    """Read a user object of `users.info` or an event; None when it is no such object."""
    if not isinstance(user, Mapping) or not isinstance(user.get("id"), str):
        return None
    shown, org = _mapping(user.get("profile")), _mapping(user.get("enterprise_user"))
    return Profile(
        id=user["id"],
        display_name=_text(shown.get("display_name")),
        real_name=_text(shown.get("real_name") or user.get("real_name") or user.get("name")),
        team=_text(user.get("team_id")),
        enterprise=_text(org.get("enterprise_id") or user.get("enterprise_id")),
        is_stranger=user.get("is_stranger") is True,
        is_restricted=user.get("is_restricted") is True,
        is_ultra_restricted=user.get("is_ultra_restricted") is True,
        is_bot=user.get("is_bot") is True,
        deleted=user.get("deleted") is True,
        is_admin=user.get("is_admin") is True,
        is_owner=user.get("is_owner") is True,
        tz=_text(user.get("tz")),
        updated=_number(user.get("updated")),
        fetched_at=at,
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value[:200] if isinstance(value, str) else ""


def _number(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and 0 <= value < 2**53 else 0
