"""E-mail of a phase: the address at which it takes reports, and who may write to it."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from domain.settings import Table


def _address(value: str) -> str:
    local, at, host = value.partition("@")
    if value and not (local and at and "." in host and value.isascii() and " " not in value and "@" not in host):
        raise ValueError(f"{value!r} is not an address such as pay@hypercare.example")
    return value


OptionalMailAddress = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, max_length=200), AfterValidator(_address)
]


MailAddress = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=3, max_length=200), AfterValidator(_address)
]


class MailSettings(Table):
    """Reports and answers by e-mail."""

    address: OptionalMailAddress = Field(
        default="", description="Address of the phase: mails to it are reports, and answers come from it"
    )
    strangers: bool = Field(
        default=True,
        description="Whether people may report whom the mail server hasn't proven to have a Slack account; else their "
        "mails are refused",
    )
    form_code: bool = Field(
        default=False,
        description="Whether who gives an e-mail address in the web form has to enter a code that is sent there",
    )
