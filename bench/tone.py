"""`python -m bench.tone FILE…`: how often the tone of comments is right, on sentences that people rated.

A line of a file is an id, a rating from -4 (negative) to 4 (positive) and a text, with tabs between, as in the data of
Hutto and Gilbert (VADER, 2014), which the source package of vaderSentiment holds. Ratings under 1 are neutral and left
out.
"""

import sys
from pathlib import Path

from bot.sentiment import tone
from domain.pulse.themes import MAX_NEGATIVE_TONE, MIN_POSITIVE_TONE

MIN_RATING = 1


def measure(path: Path) -> str:
    """Return for both tones how many sentences got it, how many rightly, and how many should have."""
    rated = list[tuple[float, float]]()
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        _, rating, text = (*line.split("\t"), "", "")[:3]
        if text and abs(float(rating)) >= MIN_RATING:
            rated.append((float(rating), tone(text)))
    sides = {
        "positive": [(rating > 0, polarity >= MIN_POSITIVE_TONE) for rating, polarity in rated],
        "negative": [(rating < 0, polarity <= MAX_NEGATIVE_TONE) for rating, polarity in rated],
    }
    said = (
        f"{name}: {sum(one == (True, True) for one in found)} of {sum(judged for _, judged in found)} rightly, "
        f"of {sum(is_so for is_so, _ in found)}" for name, found in sides.items()
    )  # fmt: skip
    return f"{path.name}, {len(rated)} sentences. {'; '.join(said)}."


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(measure(Path(name)))
