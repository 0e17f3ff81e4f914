"""The names of lanes: what a lane is for, and what it is about."""

from enum import StrEnum


class LaneKind(StrEnum):
    """What the messages of a lane are for. The values stand in the database."""

    TEAM = "team"  # a ticket's card and the team's thread
    REPORTER = "reporter"  # what a ticket's reporter reads
    FOLLOWER = "follower"  # what another follower of a ticket reads
    ONCALL_CARD = "oncall"  # a ticket's card in the on-call channel
    ESCALATION = "escalation"  # an escalation's card in another channel
    PAGE = "page"  # an escalation's messages to one person
    HOOK = "hook"  # what another system is told of an escalation
    WEBHOOK = "webhook"  # what a program is told of the events of a ticket
    TEAMS = "teams"  # what a channel of Microsoft Teams reads of a ticket
    TEAMS_DIGEST = "teams_digest"  # a digest in a channel of Microsoft Teams
    TEAMS_CHAT = "teams_chat"  # what a person in Microsoft Teams is answered that is about no report of theirs
    ISSUE = "issue"  # what a tracker is told of a ticket
    ISSUE_FIELDS = "issue_fields"  # the fields that a ticket and its issue share
    ISSUE_ACTIONS = "issue_actions"  # the actions of a ticket and the sub-tasks of its issue
    MAIL = "mail"  # what a person with an account reads by mail, because they reported so
    PROMISE = "promise"  # questions to a person about their promises
    SWAP = "swap"
    SWAP_ANSWER = "swapped"
    ONCALL_NEWS = "oncall_news"
    TEST_PAGE = "test"
    NOTE = "note"
    NOTE_DRAFT = "draft"
    BULK = "bulk"  # what was changed on many tickets at once
    REACTION = "react"
    DIGEST = "digest"
    FORM_CODE = "form_code"  # a code to the address in a web form
    DIGEST_MAIL = "digest_mail"  # a digest to a person outside Slack
    PULSE = "pulse"
    PULSE_NEWS = "pulse_news"
    PULSE_RESULTS = "pulse_results"
    STORM = "storm"  # one message about many pages
    CAPACITY = "capacity"
    COVERAGE = "coverage"
    SHIFT = "shift"
    PRAISE = "praise"
    IMPORT = "import"  # what the import of a file would do, and how far it is
    EXIT = "exit"  # the exit of a phase, and its first runs
    ARTICLE = "article"  # articles that wait for a review
    ACTION = "action"  # a person's reminders of their actions
    WAR_ROOM = "war_room"  # a ticket's war room, in a channel of its own
    AGENDA = "agenda"
    REHEARSAL = "rehearsal"  # marked messages, and the verdict
    SESSION = "session"  # what a participant of a session reads
    STAND_UP = "stand_up"  # a question to a person, or the minutes of a day
    MEETING_NOTES = "meeting_notes"  # what was noted below an agenda or the minutes of a stand-up
    DECISION = "decision"  # what is to be decided, and what was
    TOPIC = "topic"  # that there is more about a person's topics than they are told of
    RULE = "rule"  # what a rule tells people or another system
    PROBLEM = "problem"  # the thread in which a problem's causes are found
    POST_MORTEM = "post_mortem"
    MODEL_DRAFT = "model_draft"  # what a language model wrote, to the person who asked for it
    LESSONS = "lessons"  # what an earlier phase hands on
    STEP = "step"  # the outcome of one run of a step of a workflow
    HOME = "home"
    GROUP = "group"
    FILE = "file"  # copies of a ticket's files on their way to one side
    PERSON = "person"  # warnings to an admin or a lead


def lane_name(kind: LaneKind, *about: object) -> str:
    """Return the name of the lane of that kind about these things."""
    return ":".join((kind.value, *map(str, about)))


def kind_of(name: str) -> LaneKind | None:
    """Return the kind of the lane of that name; None for one of an earlier release."""
    found = name.partition(":")[0]
    return next((kind for kind in LaneKind if kind.value == found), None)
