"""The words around the code that shows whose address stands in a web form."""

from typing import Any

from bot.views.text import message, quote
from domain.phases.phase import Phase

SUBJECT = "{code} is your code for {phase}"
TEXT = (
    "Your code is {code}.\n\nEnter it within ten minutes in the form in which you report to {phase}. "
    "If you didn't ask for it, ignore this mail.\n"
)
SENT = "We've sent a code of six digits to your address. Enter it here within ten minutes."
NOT_ENTERED = "Enter the code of six digits that we've sent to your address."
WRONG = "This isn't the code that we've sent. Check it, and enter it again."
EXPIRED = "This code has expired. We've sent a new one to your address."
TOO_OFTEN = "That was wrong too often. We've sent a new code to your address."
USED = "This code was used before. Open the form again to get a new one."
TOO_MANY = "Too many codes were sent to this address. Go back and leave the address empty, or try again in an hour."
LABEL = "Code from the mail"
HINT = "We send a code there first, which shows that the address is yours."


def queued(phase: Phase) -> dict[str, Any]:
    """Return what stands for the mail until it is sent, without the code."""
    return message(f"The code for the form of {quote(phase.name)}")
