"""Addresses: what an id is, read in one place only."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.address import ERASED_USER, Address, AddressKind, find_person, is_alias, new_alias
from domain.errors import Refused

ROOT = Path(__file__).parents[1]
PARSER = ROOT / "domain" / "address.py"
# Ways to read the first character of an id: text.startswith("U"), text[:1] in "CG", text[0] == "S", [UW][A-Z0-9].
FIRST_CHARACTER = re.compile(
    r"""startswith\(\(?["'][A-Z]["']|\[(?::1|0)\]\s*(?:not\s+)?(?:in|==|!=)\s*\(?["'][A-Z]|\[[CDGSUW]{1,6}\]\[A-Z0-9\]"""
)


@pytest.mark.parametrize(
    ("text", "kind", "is_place"),
    [
        ("U0123456789", AddressKind.PERSON, True),
        ("W0123456789", AddressKind.PERSON, True),
        ("S0123456789", AddressKind.GROUP, True),
        ("C0123456789", AddressKind.CHANNEL, True),
        ("G0123456789", AddressKind.CHANNEL, True),
        ("D0123456789", AddressKind.DIRECT, False),
        ("U1", AddressKind.PERSON, False),
        ("SUPPORT", AddressKind.GROUP, False),
        ("Support", AddressKind.OTHER, False),
        ("leads", AddressKind.OTHER, False),
        ("", AddressKind.OTHER, False),
        (ERASED_USER, AddressKind.ERASED, False),
    ],
)
def test_an_id_says_what_it_is_of(text: str, kind: AddressKind, is_place: bool) -> None:
    address = Address.parse(text)
    assert (address.kind, address.is_place, address.id) == (kind, is_place, text)


def test_an_alias_is_new_each_time_and_no_id_of_a_chat_system() -> None:
    one, other = new_alias(), new_alias()
    assert one != other
    assert is_alias(one)
    assert not Address.parse(one).is_id


@given(st.text())
def test_anything_can_be_parsed_and_keeps_its_text(text: str) -> None:
    assert Address.parse(text).id == text


def test_a_person_is_found_among_words() -> None:
    assert find_person("On call: U0123456789 (Ann)") == "U0123456789"
    assert find_person("On call: Ann, UPDATE7") is None


def test_no_other_code_looks_at_the_first_letter_of_an_id() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for top in ("domain", "storage", "bot", "handlers")
        for path in sorted((ROOT / top).rglob("*.py"))
        if path != PARSER
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if FIRST_CHARACTER.search(line)
    ]
    # Views read and write Slack's own markup, where an id stands in brackets.
    assert [line for line in found if not line.startswith("bot/views/text.py")] == []


def test_a_refusal_names_people_as_its_reader_knows_them() -> None:
    no = Refused("{owner} is looking into PAY-1.", owner="U0123456789")
    assert no.text == "U0123456789 is looking into PAY-1."
    assert no.told(lambda one: f"<@{one}>") == "<@U0123456789> is looking into PAY-1."
    assert Refused("Only a lead can: {leads}.", leads=("U1", "U2")).under("owner").text == "Only a lead can: U1, U2."
    assert Refused("Use {braces} as you like.").told(str) == "Use {braces} as you like."
