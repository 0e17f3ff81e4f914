"""Sentences that blame a person, as written by a person who did not know how they are looked for."""

import csv
from collections.abc import Iterator
from pathlib import Path

from bench.rows import Row
from bot.blame import LANGUAGES, find_in

SENTENCES = Path(__file__).parent / "blame.tsv"  # language, 1 for blame or 0 for none, and the sentence
RECALL, PRECISION = 0.8, 0.9
WHY = (
    "The classifier knows words, and who is meant. Much blame is said between the lines, in irony or as a story about "
    "a colleague, which takes an understanding of the sentence. So hints are off until a phase turns them on."
)


def measure(_folder: Path) -> list[Row]:
    """Return recall and precision for each language; for precision, 1 where nothing was found."""
    return [row for language in LANGUAGES for row in _rows(language)]


def _rows(language: str) -> Iterator[Row]:
    said = [(label == "1", text) for name, label, text in _sentences() if name == language]
    found = [(is_blame, bool(find_in(text, (language,)))) for is_blame, text in said]
    blaming, right = sum(is_blame for is_blame, _ in found), sum(all(one) for one in found)
    marked = sum(is_found for _, is_found in found)
    detail = f"{right} of {blaming} found, {marked - right} of {len(found) - blaming} others marked"
    yield Row(goal="blame", what=f"blame that is found ({language})", measured=right / blaming, limit=RECALL,
              at_least=True, detail=detail, why=WHY)  # fmt: skip
    yield Row(goal="blame", what=f"marked sentences that are blame ({language})", limit=PRECISION, at_least=True,
              measured=right / marked if marked else 1.0, detail=detail,
              why="A fault of one's own was marked.")  # fmt: skip


def _sentences() -> list[tuple[str, str, str]]:
    with SENTENCES.open(encoding="utf-8", newline="") as file:
        return [(name, label, text) for name, label, text in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
