"""Rules of notes: which kind a line has, whose it is, and which ticket it is about."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import Refused
from domain.sessions.notes import ItemKind, check_notes, read_notes, with_speaker

PEOPLE = {"Maria": "U0MARIA", "Tom": "U0TOM00"}


@pytest.mark.parametrize(
    ("line", "kind", "person", "ticket", "text"),
    [
        ("The export loses the second page", ItemKind.REPORT, "", "", "The export loses the second page"),
        ("Idea: send it by mail", ItemKind.IDEA, "", "", "send it by mail"),
        ("- Maria: i: send it by mail", ItemKind.IDEA, "U0MARIA", "", "send it by mail"),
        ("q: TOM: where is it", ItemKind.QUESTION, "U0TOM00", "", "where is it"),
        ("It would be nice to see totals", ItemKind.IDEA, "", "", "It would be nice to see totals"),
        ("Thanks, that is much faster", ItemKind.PRAISE, "", "", "Thanks, that is much faster"),
        ("It works fine but the export fails", ItemKind.REPORT, "", "", "It works fine but the export fails"),
        ("Where are old payslips?", ItemKind.QUESTION, "", "", "Where are old payslips?"),
        ("Security: I see all salaries", ItemKind.SECURITY, "", "", "I see all salaries"),
        ("pay-42 also happens in Firefox", ItemKind.REPORT, "", "PAY-42", "also happens in Firefox"),
        ("The error says: no access", ItemKind.REPORT, "", "", "The error says: no access"),
        ("Report: Where are my pages?", ItemKind.REPORT, "", "", "Where are my pages?"),
        ("At 10:30 it stops", ItemKind.REPORT, "", "", "At 10:30 it stops"),
    ],
)
def test_a_line_says_its_kind_its_person_and_its_ticket(
    line: str, kind: ItemKind, person: str, ticket: str, text: str
) -> None:
    (found,) = read_notes(line, "PAY", PEOPLE)
    assert (found.kind, found.person, found.ticket, found.text) == (kind, person, ticket, text)


@settings(max_examples=40)
@given(st.text(max_size=200))
def test_every_line_that_says_something_is_an_item_with_words(text: str) -> None:
    found = read_notes(text, "PAY", PEOPLE)
    assert all(one.text for one in found)
    assert [one.number for one in found] == [*range(1, len(found) + 1)]
    assert {one.person for one in with_speaker(found, ["U0MARIA"])} <= {"U0MARIA", "U0TOM00"}


def test_empty_and_endless_notes_are_refused() -> None:
    with pytest.raises(Refused, match="The notes are empty"):
        check_notes(read_notes(" \n\n", "PAY", {}), "notes")
    with pytest.raises(Refused, match="These are 31 items"):
        check_notes(read_notes("slow\n" * 31, "PAY", {}), "notes")
