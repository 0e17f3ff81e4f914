"""Errors of the rules: refused requests and repeated requests."""

from collections.abc import Callable, Sequence


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault
    """The rules say no, in words for the person who asked.

    People in it are named by placeholder, as in Refused("{owner} is looking into it.", owner="U0123456789"), since
    only a view knows how a chat system writes a person. `field` is the form field that the words belong under.
    """

    def __init__(self, text: str, *, field: str | None = None, **people: str | Sequence[str]) -> None:
        super().__init__(text)
        self.field = field
        self._template = text
        self._people = people

    def told(self, mention: Callable[[str], str]) -> str:
        """The words, with each person as `mention` writes them."""
        if not self._people:
            return self._template
        written = {name: [ids] if isinstance(ids, str) else ids for name, ids in self._people.items()}
        return self._template.format(**{name: ", ".join(map(mention, ids)) for name, ids in written.items()})

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """The words for where there is no chat system: people by their ids."""
        return self.told(str)

    def under(self, field: str) -> "Refused":
        """The same, belonging to that form field."""
        return Refused(self._template, field=field, **self._people)


class Repeated(Exception):  # noqa: N818 - the same request came twice; the first one counts
    """The request was carried out before; it succeeds again without any effect."""


def where(error: BaseException) -> str:
    """Return the last places that an error went through, on one line and without what they were given."""
    trace, places = error.__traceback__, list[str]()
    while trace:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return " < ".join(reversed(places[-6:]))
