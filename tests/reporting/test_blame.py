"""Blame: sentences that blame a person are told from others, and the writer gets a hint before they are sent."""

import json
from importlib.resources import files

import pytest

import bot.blame
from bench.blame_training.__main__ import read
from bot.blame import LANGUAGES, find_in, uncovered
from bot.sentiment import TONE_LANGUAGES
from bot.services.phases.phases import to_phase
from bot.views.reporting.pitfalls import page
from domain.phases.settings import PhaseSettings
from domain.reporting.pitfalls import Pitfall, PitfallCheck
from tests.followup.test_followup import heard, reported
from tests.support.bot import BotWorkspace
from tests.support.oncall import applied

BLAME = ["You broke it.", "Operator error.", "That's on you.", "Did you even read the manual?",
         "Typical user mistake.", "You should have known.", "If you had paid attention, this wouldn't happen.",
         "Finance broke the report again.", "Your team caused this outage.", "Who broke this?",
         "You're doing it wrong.", "They never test anything.", "It was caused by a careless user.",
         "You only have yourself to blame.", "You should have read the guide", "You never read the mails",
         "He failed to read it", "Restart it. You broke it."]  # fmt: skip
CALM = ["It is not your fault.", "Sorry, we messed up.", "We do not blame anybody.", "You did nothing wrong.",
        "The error message blames the wrong field.", "You should have access now.", "The cache is to blame for it.",
        "You should not have had to do this twice.", "We should have tested this before.", "The import broke.",
        "Thanks to you we found the cause.", "She wrote: “You broke it.”", "Sorry, our mistake: the list was old",
        "The user error page shows a wrong text.", "We'll be more careful next time.", "Nobody is at fault",
        "That's on our list for Monday.", "What did you expect to see?", "The default of the field was wrong",
        "We did not tell you about the change", "It works for most people now"]  # fmt: skip
MAX_SIZE = 512 * 1024


def test_what_blames_a_person_is_told_from_what_does_not() -> None:
    assert [words for words in BLAME if not find_in(words, ["en"])] == []
    assert [(words, found) for words in CALM if (found := find_in(words, ["en"]))] == []


def test_only_the_sentence_that_blames_is_named() -> None:
    assert find_in("The till is back. You broke it. Call me at three.", ["en"]) == "You broke it."


def test_languages_without_weights_find_nothing_and_are_named() -> None:
    assert find_in("You broke it.", ["pl"]) == ""
    assert uncovered(["en", "pl", "de"]) == ["pl", "de"]


def test_the_setting_names_the_languages_that_are_covered() -> None:
    said = str(PhaseSettings.model_fields["languages"].description)
    assert f"Blame is looked for in {' and '.join(f'`{one}`' for one in LANGUAGES)}, tone in `en`." in said
    assert {"en"} == TONE_LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_weights_are_small_and_made_from_the_sentences_as_they_are(language: str) -> None:
    written = files(bot.blame).joinpath(f"{language}.json").read_bytes()
    blaming = [example.blames for example in read(language)]
    assert len(written) <= MAX_SIZE
    counts = f"{sum(blaming)} sentences that blame and {len(blaming) - sum(blaming)} others."
    assert json.loads(written)["trained_on"].startswith(counts), "python -m bench.blame_training makes them again"


def test_a_pitfall_that_is_unknown_is_not_shown_as_fine() -> None:
    off = PhaseSettings(key="PAY", name="Payday", triage_channel="C000001", oncall_channel="C000002",
                        leads=("U0LENA0",))  # fmt: skip
    on = off.model_copy(update={"conversations": off.conversations.model_copy(update={"blame_hints": True})})
    nothing = {pitfall: PitfallCheck(pitfall=pitfall, value=None, threshold=1) for pitfall in Pitfall}
    shown = {pitfall: str(page(to_phase(on), [check], {}, 0)) for pitfall, check in nothing.items()}
    assert all(":white_circle:" in one and ":white_check_mark:" not in one for one in shown.values())
    assert "not every blaming message is recognised" in shown[Pitfall.BLAME]
    assert "*People are blamed*: not checked" in str(page(to_phase(off), [nothing[Pitfall.BLAME]], {}, 0))


def said(slack: BotWorkspace) -> list[str]:
    with slack.application.store.read() as tx:
        return [comment.words for comment in tx.comments.list_comments(1)]


def test_writers_get_no_hint_unless_the_phase_wants_it(slack: BotWorkspace) -> None:
    reported(slack)
    jo = slack.person("jo")
    assert jo.opens("/hypercare reply PAY-1").fills(text="You broke it.").submits() == {"closed": True}
    assert said(slack) == ["You broke it."]
    assert "People are blamed*: not checked" in str(slack.person("lena").types("/hypercare pitfalls"))


def test_a_writer_is_told_once_before_words_that_blame_are_sent(slack: BotWorkspace) -> None:
    reported(slack)
    applied(slack, conversations={"blame_hints": True}, languages=("en", "pl"))
    jo = slack.person("jo")
    jo.opens("/hypercare reply PAY-1").fills(text="Restart the till. You broke it.").submits()
    assert "“You broke it.” can read as blaming a person." in str(jo.modals()[-1])
    assert said(slack) == []
    assert jo.modal().fills(text="Restart the till. You broke it.").submits() == {"closed": True}
    assert said(slack) == ["Restart the till. You broke it."]
    assert jo.opens("/hypercare reply PAY-1").fills(text="It is not your fault.").submits() == {"closed": True}
    assert "can't be checked for blame: pl." in str(slack.person("lena").types("/hypercare pitfalls"))


def test_the_hint_is_at_the_field_of_every_form_that_others_read(slack: BotWorkspace) -> None:
    reported(slack)
    applied(slack, conversations={"blame_hints": True})
    jo = slack.person("jo")
    jo.opens("/hypercare resolve PAY-1").fills(explanation="You broke it.", fix="root_cause").submits()
    shown = jo.modals()[-1]["blocks"]
    field = next(at for at, block in enumerate(shown) if block.get("block_id") == "explanation")
    assert "press *Resolve* again" in str(shown[field + 1])
    assert "You broke it." in str(shown[field])
    assert jo.modal().fills(explanation="The cable was loose.", fix="root_cause").submits() == {"closed": True}
    assert "The cable was loose." in heard(slack, "maria")
