"""G9 and its promise: how often the right ticket is among five suggestions, how often others are shown, how fast.

`duplicates.tsv` holds pairs, a known ticket and another person's report of the same fault in other words;
`unrelated.txt` holds reports of new problems. They stand among thousands of other open tickets.
"""

import itertools
import random
import sqlite3
import time
from pathlib import Path

from bench.rows import Row, ms, quantile
from domain.intake.similarity import MIN_SCORE, SimilarityIndex

HERE = Path(__file__).parent
OPEN = 5_000
FIVE = 5
PLACES = ("Berlin", "Malmö", "the warehouse", "the head office", "night shift", "the canteen", "site 7", "Hamburg")
GROUPS = ("apprentices", "managers", "drivers", "clerks", "part-timers", "students", "contractors", "new hires")
THINGS = ("dashboard", "roster", "contract", "allowance", "deduction", "certificate", "approval", "balance", "history",
          "profile", "upload", "statistic", "reminder", "interface", "ledger", "template", "role", "queue")  # fmt: skip
FAULTS = ("cannot be opened", "is slow", "shows an old state", "has the wrong order", "is locked", "is rejected",
          "needs too many clicks", "is not translated", "ends with an error", "ignores the filter", "is not updated",
          "is calculated too high", "is calculated too low", "loses its values", "cannot be exported")  # fmt: skip


def measure(folder: Path) -> list[Row]:
    pairs = [tuple(line.split("\t")) for line in (HERE / "duplicates.tsv").read_text(encoding="utf-8").splitlines()]
    unrelated = (HERE / "unrelated.txt").read_text(encoding="utf-8").splitlines()
    others = _others(OPEN - len(pairs))
    index = SimilarityIndex()
    for key, words in enumerate([known for known, _ in pairs] + others):
        index.add(key, words)
    places, seconds = zip(*(_place(index, key, said) for key, (_, said) in enumerate(pairs)), strict=True)
    alarms = sum(_shown(index, words) for words in unrelated)
    fts = _full_text(folder, [known for known, _ in pairs] + others, [said for _, said in pairs])
    ranked = [place for place, _ in places if place is not None]
    shown = sum(is_shown for _, is_shown in places)
    return [
        Row(goal="G9", what=f"the right ticket among the {FIVE} most alike, of {len(pairs)} paraphrases",
            measured=len(ranked) / len(pairs), limit=0.95, at_least=True,
            detail=f"first {ranked.count(0) / len(pairs):.2f}; {OPEN:,} open", why="other words for the same thing"),
        Row(goal="G9", what="the same, and alike enough to be shown", measured=shown / len(pairs), limit=0.95,
            at_least=True, detail="at the threshold of the next row", why="one rare word in common may be chance"),
        Row(goal="G9", what=f"false suggestions shown, share of {len(unrelated)} new reports",
            measured=alarms / len(unrelated), limit=0.10, detail=f"score of at least {MIN_SCORE:g}",
            why="they share rare words"),
        Row(goal="G9", what="suggestions p95, to FTS5 over the same set", limit=0.5,
            measured=quantile(seconds, 0.95) / fts, detail=f"{ms(quantile(seconds, 0.95))} to {ms(fts)}",
            why="the questions are short"),
    ]  # fmt: skip


def _place(index: SimilarityIndex, key: int, said: str) -> tuple[tuple[int | None, bool], float]:
    """Where the right one stands, whether it is shown, and how long it took to find."""
    began = time.perf_counter()
    found = index.find(said, FIVE)
    seconds = time.perf_counter() - began
    ids = [f.id for f in found]
    return (ids.index(key) if key in ids else None, any(f.id == key and f.is_similar for f in found)), seconds


def _shown(index: SimilarityIndex, words: str) -> bool:
    return any(found.is_similar for found in index.find(words, FIVE))


def _others(count: int) -> list[str]:
    """Other tickets of the same system, all different."""
    every = [f"The {t} of {g} in {p} {f}" for t, g, p, f in itertools.product(THINGS, GROUPS, PLACES, FAULTS)]
    return random.Random(9).sample(every, count)


def _full_text(folder: Path, texts: list[str], questions: list[str]) -> float:
    """The p95 of asking SQLite's own full text for the same, any word counting."""
    connection = sqlite3.connect(folder / "fts.db")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5(words, tokenize='porter unicode61')")
    connection.executemany("INSERT INTO t (rowid, words) VALUES (?, ?)", enumerate(texts))
    connection.commit()
    taken = []
    for question in questions:
        asked = " OR ".join(f'"{word}"' for word in question.replace('"', " ").split())
        began = time.perf_counter()
        connection.execute("SELECT rowid FROM t WHERE t MATCH ? ORDER BY rank LIMIT 5", (asked,)).fetchall()
        taken.append(time.perf_counter() - began)
    connection.close()
    return quantile(taken, 0.95)
