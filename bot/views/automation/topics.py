"""Topics in Slack: the form in which a person chooses them, and the first message about a ticket."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views import form
from bot.views.conversations.following import menu
from bot.views.form import InvalidForm
from bot.views.inputs import ChoicesInput, FormField, TextInput
from bot.views.text import Block, actions, button, context, message, quote, section
from domain.automation.topics import (
    HOURLY_TICKETS,
    MAX_TOPICS,
    MAX_WORD,
    FollowedTopic,
    TopicKind,
    words_without_stems,
)
from domain.conversations.following import FollowLevel
from domain.phases.phase import Phase
from domain.tickets.ticket import Ticket

TOPICS = "topics"
WORDS = TextInput(id="words", label="Words", limit=600, hint="One per line, such as payslip. A ticket is about a line "
                  "when its report has all its words")  # fmt: skip


def _fields(phase: Phase) -> tuple[FormField, ...]:
    lists = (
        (TopicKind.MODULE, "Modules", phase.intake.modules),
        (TopicKind.PROCESS, "Processes", phase.intake.processes),
    )
    chosen = (ChoicesInput(id=kind.value, label=label, options=tuple((one, one, "") for one in names[:100]))
              for kind, label, names in lists if names)  # fmt: skip
    return (*chosen, WORDS)


def form_of(phase: Phase, followed: Sequence[FollowedTopic]) -> Block:
    """Return the form for what a person follows in a phase, filled with what they follow."""
    values: dict[str, Any] = {kind.value: [one.value for one in followed if one.kind is kind] for kind in TopicKind}
    values["words"] = "\n".join(values.pop(TopicKind.WORD.value))
    note = (f"You follow each new ticket about one of these, at most {HOURLY_TICKETS} an hour, and hear of its status. "
            "Private tickets stay private.")  # fmt: skip
    return form.modal(TOPICS, "Follow topics", _fields(phase), values=values, metadata={"phase": phase.key},
                      before=[section(f"*{quote(phase.name)}*"), context(note)])  # fmt: skip


def read_form(view: Mapping[str, Any], phase: Phase) -> list[FollowedTopic]:
    """Return the topics that a person has chosen; InvalidForm with every error."""
    given = form.read_all(view, _fields(phase))
    words = list(dict.fromkeys(filter(None, map(str.strip, given.get("words", "").splitlines()))))
    found = [
        FollowedTopic(kind, one) for kind in (TopicKind.MODULE, TopicKind.PROCESS) for one in given.get(kind.value, ())
    ]
    found += [FollowedTopic(TopicKind.WORD, one) for one in words]
    if any(len(one) > MAX_WORD for one in words):
        raise InvalidForm({"words": f"A line is too long. Use at most {MAX_WORD} characters on each."})
    if common := words_without_stems(words):
        raise InvalidForm({"words": f"“{common[0]}” is in too many reports. Choose a rarer word."})
    if len(found) > MAX_TOPICS:
        raise InvalidForm({"words": f"These are {len(found)} topics. Follow at most {MAX_TOPICS}."})
    return found


ABOUT = {
    TopicKind.MODULE: "*{ticket}* · {summary} is about the module *{topic}*, which you follow. We'll send you its "
                      "status changes.",
    TopicKind.PROCESS: "*{ticket}* · {summary} is about the process *{topic}*, which you follow. We'll send you its "
                       "status changes.",
    TopicKind.WORD: "*{ticket}* · {summary} is about “{topic}”, which you follow. We'll send you its status changes.",
}  # fmt: skip


def about_topic(ticket: Ticket, topic: FollowedTopic, level: FollowLevel) -> dict[str, Any]:
    """Tell a person of a ticket about a topic of theirs, with the menu for its updates."""
    text = ABOUT[topic.kind].format(ticket=ticket.name, summary=quote(ticket.summary), topic=quote(topic.value, 80))
    show = button(f"Show {ticket.name}", "show", str(ticket.id))
    return message(
        text, [section(text), actions(show, menu(ticket.id, level), button("Change topics", TOPICS, ticket.key))]
    )


def too_many(phase: Phase) -> dict[str, Any]:
    """Say that more tickets are about a person's topics than they are told of."""
    text = (f"More than {HOURLY_TICKETS} new tickets of *{quote(phase.name)}* in an hour are about your topics. You "
            "won't get the others. `/hypercare list` shows them.")  # fmt: skip
    return message(text, [section(text), actions(button("Change topics", TOPICS, phase.key))])
