"""Topics that people follow: a module, a process or a word, and which tickets are about one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from domain.intake.words import stemmed_words
from domain.tickets.modules import under
from domain.tickets.ticket import Ticket

MAX_TOPICS = 30  # of a person in a phase
MAX_WORD = 40  # characters
HOURLY_TICKETS = 10  # that one person is told of because of their topics
WINDOW = timedelta(hours=1)


class TopicKind(StrEnum):
    MODULE = "module"
    PROCESS = "process"
    WORD = "word"


@dataclass(frozen=True, slots=True, order=True)
class FollowedTopic:
    kind: TopicKind
    value: str

    def is_of(self, ticket: Ticket, stems: frozenset[str]) -> bool:
        """Return whether a ticket is about it; `stems` are the stemmed words of its report."""
        match self.kind:
            case TopicKind.MODULE:
                return under(ticket.report.module, self.value)
            case TopicKind.PROCESS:
                return ticket.report.process.casefold() == self.value.casefold()
            case TopicKind.WORD:
                own = frozenset(stemmed_words(self.value))
                return bool(own) and own <= stems


def stems_of(ticket: Ticket) -> frozenset[str]:
    """Return the stemmed words of what a reporter wrote."""
    return frozenset(stemmed_words(f"{ticket.report.summary} {ticket.report.happened}"))


def first_topic(topics: Iterable[FollowedTopic], ticket: Ticket, stems: frozenset[str]) -> FollowedTopic | None:
    """Return the first topic that a ticket is about."""
    return next((one for one in topics if one.is_of(ticket, stems)), None)


def words_without_stems(words: Sequence[str]) -> list[str]:
    """Return the words that can't be looked for, such as those that stand in most reports."""
    return [one for one in words if not stemmed_words(one)]
