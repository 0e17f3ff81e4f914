"""Addresses: people, user groups and channels of a chat system, and the people whom no system knows.

This is the only place that reads an id. Another chat system needs a branch in `Address.parse`, and nothing else.
"""

import re
import secrets
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

ERASED_USER = "erased"  # stands for a person who was forgotten, or whose name is no longer kept
FORGOTTEN_PREFIX = "U0FORGOTTEN"  # of the id that replaces that of an erased person
ALIAS_PREFIX = "alias-"
MAIL_PREFIX = "mail-"
PAGE_PREFIX = "mail-page-"
TEAMS_PREFIX = "teams-"
ID_LENGTH = 6  # characters; the shortest id that settings take
WRITTEN_LENGTH = 8  # characters; the shortest id that is looked for among other words


class AddressKind(StrEnum):
    PERSON = "person"
    GROUP = "group"  # a user group
    CHANNEL = "channel"
    DIRECT = "direct"  # a conversation with one person
    ALIAS = "alias"  # a person who reports without being known
    MAIL = "mail"  # a person without an account, who writes e-mails
    TEAMS = "teams"  # a person who writes in Microsoft Teams
    ERASED = "erased"
    OTHER = "other"  # a name, or what no chat system calls an id


# Slack's ids: https://docs.slack.dev/reference/objects/user-object, conversation-object and usergroup-object
_KINDS = (
    (re.compile(r"[UW][A-Z0-9]+"), AddressKind.PERSON),
    (re.compile(r"S[A-Z0-9]+"), AddressKind.GROUP),
    (re.compile(r"[CG][A-Z0-9]+"), AddressKind.CHANNEL),
    (re.compile(r"D[A-Z0-9]+"), AddressKind.DIRECT),
)


@dataclass(frozen=True, slots=True)
class Address:
    """Who or where, and of which kind."""

    kind: AddressKind
    id: str

    @classmethod
    def parse(cls, text: str) -> "Address":
        """The address behind an id, whatever it is; never an error."""
        return cls(_kind_of(text), text)

    @property
    def is_id(self) -> bool:
        """Whether it looks like the whole id of a person, a user group or a channel, which settings may name."""
        known = self.kind in (AddressKind.PERSON, AddressKind.GROUP, AddressKind.CHANNEL)
        return known and len(self.id) >= ID_LENGTH

    @property
    def is_place(self) -> bool:
        """A whole id with a digit in it, so that names such as SUPPORT are no addresses."""
        return self.is_id and len(self.id) > ID_LENGTH and any(letter.isdigit() for letter in self.id)


@lru_cache(maxsize=4096)
def _kind_of(text: str) -> AddressKind:
    if text == ERASED_USER:
        return AddressKind.ERASED
    if text.startswith(ALIAS_PREFIX):
        return AddressKind.ALIAS
    if text.startswith(MAIL_PREFIX):
        return AddressKind.MAIL
    if text.startswith(TEAMS_PREFIX):
        return AddressKind.TEAMS
    return next((kind for pattern, kind in _KINDS if pattern.fullmatch(text)), AddressKind.OTHER)


def is_person(text: str) -> bool:
    return _kind_of(text) is AddressKind.PERSON


def is_group(text: str) -> bool:
    return _kind_of(text) is AddressKind.GROUP


def is_channel(text: str) -> bool:
    return _kind_of(text) is AddressKind.CHANNEL


def is_direct(text: str) -> bool:
    return _kind_of(text) is AddressKind.DIRECT


def is_alias(text: str) -> bool:
    return _kind_of(text) is AddressKind.ALIAS


def is_mail(text: str) -> bool:
    return _kind_of(text) is AddressKind.MAIL


def is_teams(text: str) -> bool:
    return _kind_of(text) is AddressKind.TEAMS


def is_outside(text: str) -> bool:
    """Whether a person is known by another way than Slack, so that Slack can neither mention nor reach them."""
    return _kind_of(text) in (AddressKind.MAIL, AddressKind.TEAMS)


def reads_on_page(text: str) -> bool:
    """Whether a person without an account gave no address, and reads their news on a page."""
    return text.startswith(PAGE_PREFIX)


def find_person(text: str) -> str | None:
    """The first whole id of a person among these words, where there is one."""
    return next(
        (
            word
            for word in re.findall(r"\b[A-Z0-9]+\b", text)
            if is_person(word) and Address.parse(word).is_place and len(word) >= WRITTEN_LENGTH
        ),
        None,
    )


def new_alias() -> str:
    """A name for a person who reports without being known, not even to the database."""
    return ALIAS_PREFIX + secrets.token_hex(8)


def new_page_person() -> str:
    """An id for a person without an account who gives no address."""
    return PAGE_PREFIX + secrets.token_hex(8)


def new_mail_person() -> str:
    """An id for a person who writes e-mails; their address is kept apart from it."""
    return MAIL_PREFIX + secrets.token_hex(8)


def new_teams_person() -> str:
    """An id for a person who writes in Microsoft Teams; who they are there is kept apart from it."""
    return TEAMS_PREFIX + secrets.token_hex(8)
