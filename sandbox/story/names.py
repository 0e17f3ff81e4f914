"""What the bot calls its commands, buttons and fields: the only file that has to follow when it renames one."""

COMMAND = "/hypercare"
REPORT_VERB = "report"
ME_TOO_VERB = "metoo"
DONE = ("Marked for", "Uptime of", "Noted", "Thank you")  # how answers begin when a command was carried out
# How the lines begin that say, where a report was typed, that it came.
REPORTED = ("Your report is", "Your praise is", "You reported")
REOPEN_VERB = "reopen"
PROMISE_VERB = "promise"
WAR_ROOM_VERB = "warroom"
ADD_INTEGRATION_VERB = "signals add"
METRICS_VERB = "metrics"
RECORDED = " of Payday go-live on "  # in the answer to a reading
PHASE = "PAY"
SECRET = r"Bearer (\w+)"  # noqa: S105 - how it is found in the answer
BOT = "@hypercare"

INTAKE = "payroll-help"
FLOOR = "payroll-floor"  # where every message is a report
DIRECT = "@hypercare"
CHANNELS = (
    "general",
    "payroll-help",
    "payroll-floor",
    "hypercare-desk",
    "hypercare-oncall",
    "hypercare-digest",
    "random",
)

GLOBAL_SHORTCUT = "report"
MESSAGE_SHORTCUT = "report_message"

# Buttons: on the card, under the confirmation, in the App Home and in the form.
ACKNOWLEDGE = "acknowledge"
TAKE = "take"
REPLY = "reply"
RESOLVE = "resolve"
MORE = "more"
DETAILS = "details"
WITHDRAW = "withdraw"
CONFIRM = "confirm"
REJECT = "reject"
CANNOT_CHECK = "cannot_check"
HOME_REPORT = "report"
MORE_DETAILS = "more_details"
SEVERITY_ANSWER = "severity_answer"  # and the severity behind it
SAME_PROBLEM = "same_problem"  # and the ticket behind it

# The pulse: a button of its first question, the one behind it that opens the others, and what they are called.
PULSE_TAP = "pulse_tap"
PULSE_OPEN = "pulse_open"
PULSE_FIELDS = ("pulse_q:ease", "pulse_q:needs", "pulse_q:else")
REVIEW_FIELDS = ("pulse_q:went_well", "pulse_q:went_wrong", "pulse_q:learned")  # of the post-mortem

NOTE_EDIT = "note_edit"  # a lead reads and posts the week's note
ALL_FOLLOWERS = "all_followers"  # who a reply may go to

TOPICS = "topics"  # what a person follows, in the App Home
WRAP_UP, ROLES = "war_room_close", "war_room_roles"  # on the card of a war room
STAND_UP = "stand_up"  # the question of a stand-up, and its fields
STAND_UP_FIELDS = ("done", "next", "blocked")
ASKED = "what did you do"  # in a question that waits for its answer

SHOW, ADD_PROBLEM = "show", "problem_add"  # on a card, and in what opens then
ADD_CAUSE, OPEN_PROBLEM = "problem_cause", "problem_show"  # below a problem
RESOLVE_PROBLEM = "Resolve"  # in what opens then
DECIDE = "decision_decide"  # below a decision that is asked for

# What the overflow menu offers; its values are "<name>:<id of the ticket>".
STATUS = "status"
SEVERITY = "severity"
ASSIGN = "assign"
WAITING = "waiting"
DEFER = "defer"

ACKNOWLEDGING_REACTION = "eyes"
REPORTING_REACTION = "sos"
TIMELINE_REACTION = "pushpin"
TO_REPORTER = ">>"

# The report form: what shows at once, and what "More details" unfolds.
FIRST_FIELDS = ("summary", "severity", "happened")
MORE_FIELDS = ("type", "module", "impact", "steps", "expected", "actual", "environment", "files")
WHO_FIELDS = ("behalf", "anonymous")
REPORT_FIELDS = FIRST_FIELDS + MORE_FIELDS + WHO_FIELDS
