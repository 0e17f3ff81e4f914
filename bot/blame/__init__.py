"""The classifier of blame in the languages that it was trained in; its weights are read at first use."""

import json
from collections.abc import Collection
from functools import cache
from importlib.resources import files

from domain.phases.phase import Phase
from domain.reporting import blame
from domain.reporting.blame import BlameModel

LANGUAGES = ("en",)  # in which sentences are told apart; `python -m bench blame` measures how well


def find_blame(text: str, phase: Phase) -> str:
    """Return the first sentence that blames a person, in the languages of the phase; "" where it is not looked for."""
    return find_in(text, phase.languages) if phase.conversations.blame_hints else ""


def find_in(text: str, languages: Collection[str]) -> str:
    """Return the first sentence that blames a person, in these languages as far as they are known."""
    return blame.find_blame(text, [load(language) for language in LANGUAGES if language in languages])


def uncovered(languages: Collection[str]) -> list[str]:
    """Return the languages in which blame is not found."""
    return [language for language in languages if language not in LANGUAGES]


@cache
def load(language: str) -> BlameModel:
    """Return the classifier of a language."""
    read = json.loads(files(__name__).joinpath(f"{language}.json").read_text(encoding="utf-8"))
    return BlameModel(
        kinds={word: kind for kind, words in read["kinds"].items() for word in words.split()},
        weights={name: weight / read["grain"] for name, weight in read["weights"].items()},
        bias=read["bias"], threshold=read["threshold"], capitals=read["capitals"],
    )  # fmt: skip
