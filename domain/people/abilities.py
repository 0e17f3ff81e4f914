"""What each kind of person may do at all, whatever their role in a phase."""

from enum import StrEnum

from domain.people.profile import PersonKind


class Ability(StrEnum):
    """What is asked before a request is handled; permissions on one ticket come on top."""

    REPORT = "report"  # report, and read, add to and confirm their own tickets
    READ = "read"  # the tickets of others, lists, figures and digests
    SEE_PEOPLE = "see people"  # who is on call, by name
    ANSWER_SURVEYS = "answer surveys"
    SUPPORT = "support"  # say "I'm affected too", follow, and copy reactions
    TEAM = "team"  # what a role in a phase gives them


_ALL = frozenset(Ability)
ABILITIES: dict[PersonKind, frozenset[Ability]] = {
    PersonKind.MEMBER: _ALL,
    # A guest whom an operator made a responder works like one; any other reads only about their own reports.
    PersonKind.GUEST: frozenset({Ability.REPORT, Ability.TEAM}),
    PersonKind.STRANGER: frozenset({Ability.REPORT}),
    PersonKind.UNKNOWN: frozenset({Ability.REPORT}),
    PersonKind.APP: frozenset(),
    PersonKind.DEACTIVATED: frozenset(),
}


def can(kind: PersonKind, ability: Ability) -> bool:
    """Return whether that kind of person may do that at all."""
    return ability in ABILITIES[kind]
