"""The two ways in which the rules say no: in words for a person, and for something that is not there."""


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault
    """The rules say no; the text is shown to the user as it is.

    `field` names the form field that the text belongs under, when there is one.
    """

    def __init__(self, text: str, *, field: str | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.field = field


class Repeated(Exception):  # noqa: N818 - the same request came twice; the first one counts
    """The request was carried out before: whoever asks again gets a plain yes and nothing happens twice."""
