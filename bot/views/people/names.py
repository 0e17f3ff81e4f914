"""Names of people who are not to be called: plain text, so that no one is notified of their own act."""

from domain.text import NAME_CLOSE, NAME_OPEN


def name_of(person: str) -> str:
    """Return a mark that becomes the person's name in plain text when the message is sent.

    What is stored keeps the id only, so that a person who is erased leaves no name behind.
    """
    return f"{NAME_OPEN}{person}{NAME_CLOSE}"
