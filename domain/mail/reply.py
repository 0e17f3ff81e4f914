"""What a mail server is answered: whether a mail was taken in."""

from typing import NamedTuple


class MailReply(NamedTuple):
    """A code of SMTP and a sentence: 250 for taken in, 450 for later, 550 for never."""

    code: int
    said: str

    @property
    def line(self) -> str:
        """The answer as the server reads it."""
        return f"{self.code} {self.said}"
