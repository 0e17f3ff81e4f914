"""The people and channels every sandbox starts with."""

from dataclasses import dataclass

TEAM_NAME = "Sandbox workspace"
TEAM_DOMAIN = "sandbox"
GUEST_TEAM = "Partner company"
SECOND_TEAM, SECOND_DOMAIN = "Sandbox plant", "sandbox-plant"
ORG_NAME = "Sandbox organization"
PARTNER_ORG = "Partner organization"


@dataclass(frozen=True)
class Person:
    name: str
    real_name: str
    title: str
    color: str
    is_guest: bool = False
    is_admin: bool = False
    is_restricted: bool = False  # a guest account of this workspace
    is_bot: bool = False  # of another app
    deleted: bool = False


@dataclass(frozen=True)
class CastChannel:
    name: str
    topic: str
    with_bot: bool = True
    with_guests: bool = False


PEOPLE = (
    Person("maria", "Maria Keller", "Payroll clerk", "#b4536b"),
    Person("tom", "Tom Brandt", "Payroll clerk", "#3b7dbf"),
    Person("jo", "Jo Adler", "Responder", "#2f8f6b"),
    Person("ravi", "Ravi Patel", "Responder", "#c07a2c"),
    Person("lena", "Lena Fischer", "Hypercare lead", "#7a5cc0"),
    Person("sam", "Sam Ortiz", "On-call engineer", "#2b8a99"),
    Person("yuki", "Yuki Tanaka", "On-call engineer", "#a8548f"),
    Person("ann", "Ann Moreau", "Sponsor", "#6b7a2f"),
    Person("admin", "Alex Admin", "Workspace admin", "#5a6472", is_admin=True),
    Person("gil", "Gil Navarro", "Guest from Partner company", "#8c6d4f", is_guest=True),
)

# With --connect: people of a partner that is itself an Enterprise Grid org, a guest account, another app, a former one.
CONNECTED = (
    Person("vera", "Vera Lind", "Consultant at Partner company", "#7d5a8c", is_guest=True),
    Person("gus", "Gus Weber", "Temporary clerk", "#8c7d4f", is_restricted=True),
    Person("deploybot", "Deploy Bot", "App", "#4f6d8c", is_bot=True),
    Person("dora", "Dora Klein", "Former payroll clerk", "#6d6d6d", deleted=True),
)
# With --grid: the people whose workspace is the second one of the organization.
PLANT = ("tom", "lena", "ravi", "yuki")

CHANNELS = (
    CastChannel("general", "Announcements for everyone"),
    CastChannel("payroll-help", "Questions and problems with the new payroll system", with_guests=True),
    CastChannel("payroll-floor", "Every message here is a report; start with // to just talk"),
    CastChannel("hypercare-desk", "Where the team works on what was reported"),
    CastChannel("hypercare-oncall", "Pages for the people on call"),
    CastChannel("hypercare-digest", "The daily summary"),
    CastChannel("random", "Everything else", with_bot=False),
)
