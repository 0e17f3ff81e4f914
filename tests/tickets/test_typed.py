"""What phones and word processors make of a command, a filter, a name or a reaction is read as it was meant."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.context import AppContext, utc_now
from bot.services.intake import csv_import
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.settings.phase_toml import load_phase, to_toml
from bot.settings.settings import load
from domain import typed
from domain.errors import Refused
from domain.intake.chatter import ACCEPTS, DECLINES, accepts, declines, is_report
from domain.intake.settings import IntakeSettings
from domain.phases.settings import PhaseSettings
from domain.tickets.filters import EXAMPLES, KEYS, MOMENTS, WORDS, read
from domain.tickets.status import Status
from domain.tickets.ticket import Severity
from handlers import errors, routes
from storage.store import Store
from tests.support.bot import BotWorkspace
from tests.support.control import eventually

KEYED = (f"{key}:{EXAMPLES[key]}" for key in (*KEYS, *MOMENTS))
PHRASES = ('open critical process:"month end" older:2d', 'module:"Pay run" "left early"', "opened:2026-11-02..")
FILTERS = (*WORDS, *Status, *Severity, *KEYED, *PHRASES)
NAMES = ("PAY–1", "PAY-1.", "pay 1", "#PAY-1", "`PAY-1`", "“PAY—1”", "ＰＡＹ－１", "Pay - 1?", "PAY\u00a01")
PHASE = PhaseSettings(
    key="PAY", name="Payday", system="Payday", triage_channel="C0123456789", oncall_channel="C0123456788",
    leads=("U0123456789",), intake=IntakeSettings(modules=("Pay - run",)),
)  # fmt: skip
SPACES = "\u00a0\u2002\u2009\u202f\u3000"
INVISIBLE = "\u200b\u200d\u2060\ufeff\u00ad\u200e"
DASHES = "‐‑‒–—−"
PAIRS = ("“”", "„“", "«»", "””", '""', "〝〞")
WIDE = {chr(n): chr(n + 0xFEE0) for n in range(0x21, 0x7F) if chr(n).isalnum()}


@st.composite
def disguised(draw: st.DrawFn, text: str) -> str:
    """The same as a device may have typed it; ids of people are chosen and not typed."""
    pair, wide = draw(st.sampled_from(PAIRS)), draw(st.booleans())
    made, opens = "", True
    for one in text:
        if one == '"':
            made, opens = made + pair[0 if opens else 1], not opens
        elif one in " -":
            made += draw(st.sampled_from(SPACES if one == " " else DASHES))
        else:
            made += draw(st.sampled_from(["", *INVISIBLE])) + (WIDE.get(one, one) if wide and "<" not in text else one)
    return made + ("" if text.endswith(".") else draw(st.sampled_from(["", ".", ",", "!", "?", "…", " "])))


def meaning(text: str) -> object:
    try:
        return read(text)
    except Refused as no:
        return no.text


@pytest.mark.parametrize("text", FILTERS)
@settings(max_examples=25)  # of each of many filters
@given(data=st.data())
def test_a_filter_means_the_same_however_it_was_typed(text: str, data: st.DataObject) -> None:
    text = text.replace("@jo", "<@U0123456789>").replace("@maria", "<@U0123456789|maria>")
    as_typed = data.draw(disguised(text))
    assert typed.same(str(meaning(as_typed)), str(meaning(text)))
    assert meaning(typed.instruction(as_typed)) == meaning(text), "as it comes from a command"


@given(data=st.data(), verb=st.sampled_from(sorted(routes.COMMANDS.keys() - {"?"})))
def test_every_verb_is_known_however_it_was_typed(data: st.DataObject, verb: str) -> None:
    as_typed = data.draw(disguised(f"{verb} PAY-1" if verb else ""))
    assert errors.verb_of(routes.COMMANDS, as_typed) == errors.verb_of(routes.COMMANDS, f"{verb} PAY-1" if verb else "")


@given(st.sampled_from(sorted(ACCEPTS | DECLINES)).flatmap(lambda words: st.tuples(st.just(words), disguised(words))))
def test_an_answer_to_a_page_is_understood_however_it_was_typed(both: tuple[str, str]) -> None:
    words, as_typed = both
    as_typed = as_typed.replace("'", "’")
    assert (accepts(as_typed), declines(as_typed)) == (accepts(words), declines(words))


@given(st.text())
def test_plain_text_is_plain_and_stays_it(text: str) -> None:
    once = typed.instruction(text)
    assert typed.plain(typed.plain(text)) == typed.plain(text)
    assert typed.instruction(once).strip() == typed.instruction(once)
    assert not set(once) & {*SPACES, *INVISIBLE, *DASHES, *"“”„‘’«»‹›"}


@pytest.mark.parametrize("text", NAMES)
def test_a_ticket_is_found_by_whatever_a_device_makes_of_its_name(text: str) -> None:
    assert typed.ticket_names(text).lower().lstrip("#") == "pay-1"


def test_only_a_key_and_a_number_are_a_name() -> None:
    assert typed.ticket_names("pay 1 into pay 2") == "pay-1 into pay-2"
    assert typed.ticket_names("1 into 2") == "1 into 2"
    assert typed.ticket_names("PAY-1 mute") == "PAY-1 mute"


@pytest.mark.parametrize(("text", "plain"), [
    ("» We are on it", ">>We are on it"), ("＞＞ Hello", ">> Hello"), (">> Hello", ">> Hello"),
    ("\u00a0>> Hello", ">> Hello"),
    ("／／ just talk", "// just talk"), ("！thanks", "!thanks"), ("He said «no» » twice", "He said «no» » twice"),
])  # fmt: skip
def test_the_marks_of_a_line_are_read_as_they_were_meant(text: str, plain: str) -> None:
    assert typed.marked(text) == plain
    assert is_report(text) is is_report(plain)


def test_commands_and_reactions_of_phones_work(slack: BotWorkspace) -> None:
    maria, jo, lena = slack.person("maria"), slack.person("jo"), slack.person("lena")
    maria.types("/hypercare report The “pay run” – it’s stuck")
    assert "The “pay run” – it’s stuck" in str(maria.modal().view), "her own words stay as they are"
    maria.modal().fills(severity="high").presses("more_details").fills(module="Pay run").submits()
    card = slack.triage.expects("PAY-1")
    for asked in ("show PAY–1", "Show pay 1.", "show\u00a0PAY-1", "ｓｈｏｗ ＰＡＹ－１", "list module:„Pay run“ high,"):
        assert "pay run” – it’s stuck" in str(jo.types(f"/hypercare {asked}")), asked
    jo.reacts(card, "eyes::skin-tone-4")
    card.shows("acknowledged")
    lena.reacts(card, "raising_hand::skin-tone-2")
    card.shows("2 people")
    jo.reacts(card, "white_check_mark::skin-tone-6")
    offered = lambda: any("To resolve PAY-1" in one for one in jo.whispers("hypercare-desk"))  # noqa: E731
    eventually(offered, "the offer to resolve it")


def test_a_settings_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "hypercare.toml"
    file.write_text('bot_token = "xoxb-1"\napp_token = "xapp-1"\n', encoding="utf-8-sig")
    assert load(file).bot_token.get_secret_value() == "xoxb-1"
    file.write_text(to_toml(PHASE), encoding="utf-8-sig")
    assert load_phase(file) == PHASE


def test_names_in_a_csv_file_are_read_however_they_were_typed(store: Store, tmp_path: Path) -> None:
    app = AppContext(features=FEATURES, store=store, now=utc_now)
    phases.apply_settings(app, PHASE)
    file = tmp_path / "tickets.csv"
    row = "Ｓｕｍｍａｒｙ,severity,reporter,module\nIt’s stuck, High ,Ｕ0123456789,Pay – run\n"
    file.write_text(row, encoding="utf-8")
    (read_row,) = csv_import.read_rows(app, file, "PAY")[1]
    assert (read_row.reporter, read_row.report.module) == ("U0123456789", "Pay - run")
    assert read_row.report.summary == "It’s stuck", "words stay as they are"
