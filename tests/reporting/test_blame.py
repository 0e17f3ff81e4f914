"""Blame: what reads as blaming a person, in the phase's languages, and the hint before it is sent."""

import pytest

from bot.sentiment import TONE_LANGUAGES
from bot.services.phases.phases import to_phase
from bot.views.reporting.pitfalls import page
from domain.phases.settings import PhaseSettings
from domain.reporting.blame import LANGUAGES, find_blame, uncovered
from domain.reporting.pitfalls import Pitfall, PitfallCheck
from tests.followup.test_followup import reported
from tests.support.bot import BotWorkspace
from tests.support.oncall import applied

BLAME = {
    "en": ["You broke it.", "Operator error.", "That's on you.", "Did you even read the manual?",
           "Typical user mistake.", "You should have known.", "If you had paid attention, this wouldn't happen.",
           "Finance broke the report again.",
           "Your team caused this outage.", "Who broke this?", "I blame the vendor team.", "You're doing it wrong.",
           "Tom should have checked this.", "The problem sits in front of the screen.", "They never test anything.",
           "It was caused by a careless user.", "You only have yourself to blame."],
    "fr": ["C'est votre faute.", "Erreur d'utilisateur.", "Vous auriez dû lire le manuel.", "Vous avez tout cassé."],
}  # fmt: skip
CALM = {
    "en": ["It is not your fault.", "Sorry, we messed up.", "We do not blame anybody.", "You did nothing wrong.",
           "The error message blames the wrong field.", "You should have access now.", "The cache is to blame for it.",
           "You should not have had to do this twice.", "We should have tested this before.", "The import broke.",
           "Thanks to you we found the cause.", "If you don't know the number, leave it empty.",
           "She wrote: “You broke it.”", "The user error page shows a wrong text.", "We'll be more careful next time.",
           "Your error report was very clear.", "That's on our list for Monday.", "What did you expect to see?"],
    "fr": ["Ce n'est pas votre faute.", "Le message d'erreur est faux.", "Merci pour votre message."],
}  # fmt: skip


@pytest.mark.parametrize("language", BLAME)
def test_what_blames_a_person_is_told_from_what_does_not(language: str) -> None:
    assert [words for words in BLAME[language] if not find_blame(words, [language])] == []
    assert [(words, found) for words in CALM[language] if (found := find_blame(words, [language]))] == []


def test_languages_without_rules_find_nothing_and_are_named() -> None:
    assert find_blame("You broke it.", ["pl"]) == ""
    assert uncovered(["en", "pl", "de"]) == ["pl", "de"]


def test_the_setting_names_the_languages_that_are_covered() -> None:
    said = str(PhaseSettings.model_fields["languages"].description)
    assert f"Blame is looked for in {' and '.join(f'`{one}`' for one in LANGUAGES)}, tone in `en`." in said
    assert {"en"} == TONE_LANGUAGES


def test_a_pitfall_that_is_unknown_is_not_shown_as_fine() -> None:
    phase = to_phase(PhaseSettings(key="PAY", name="Payday", triage_channel="C000001", oncall_channel="C000002",
                                   leads=("U0LENA0",)))  # fmt: skip
    shown = {pitfall: str(page(phase, [PitfallCheck(pitfall=pitfall, value=None, threshold=1)], {}, 0))
             for pitfall in Pitfall}  # fmt: skip
    assert all(":white_circle:" in one and ":white_check_mark:" not in one for one in shown.values())
    assert "no proof that there was none" in shown[Pitfall.BLAME]


def said(slack: BotWorkspace) -> list[str]:
    with slack.application.store.read() as tx:
        return [comment.words for comment in tx.comments.list_comments(1)]


def test_a_writer_is_told_once_before_words_that_blame_are_sent(slack: BotWorkspace) -> None:
    reported(slack)
    jo = slack.person("jo")
    jo.opens("/hypercare reply PAY-1").fills(text="Restart the till. You broke it.").submits()
    assert "“You broke” can read as blaming a person." in str(jo.modals()[-1])
    assert said(slack) == []
    assert jo.modal().fills(text="Restart the till. You broke it.").submits() == {"closed": True}
    assert said(slack) == ["Restart the till. You broke it."]
    assert jo.opens("/hypercare reply PAY-1").fills(text="It is not your fault.").submits() == {"closed": True}
    applied(slack, languages=("pl",))
    assert "can't be checked for blame: pl." in str(slack.person("lena").types("/hypercare pitfalls"))
