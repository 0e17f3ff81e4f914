"""G9: whether the right ticket is among five suggestions for a paraphrase, and how fast, among 5,000 open tickets.

`duplicates.tsv` holds pairs: a known ticket, and another person's report of the same fault in other words. We wrote
them ourselves, so they only show that nothing got worse. What suggestions are worth is measured on real reports, by
`python -m bench duplicates --pairs FILE`.
"""

import itertools
import random
import sqlite3
import time
from pathlib import Path

from bench.rows import Row, ms, quantile
from bot.language import new_index

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
    others = _others(OPEN - len(pairs))
    index = new_index()
    for key, words in enumerate([known for known, _ in pairs] + others):
        index.add(key, words)
    index.find(pairs[0][1])  # lengths are estimated at the first use
    right, seconds = [], []
    for key, (_, said) in enumerate(pairs):
        began = time.perf_counter()
        found = index.find(said, limit=FIVE)
        seconds.append(time.perf_counter() - began)
        right.append(key in {similar.id for similar in found})
    fts = _full_text(folder, [known for known, _ in pairs] + others, [said for _, said in pairs])
    return [
        Row(goal="G9", what=f"the right ticket among the {FIVE} most alike, of {len(pairs)} paraphrases",
            measured=sum(right) / len(pairs), limit=0.95, at_least=True,
            detail=f"{OPEN:,} open", why="other words for the same thing"),
        Row(goal="G9", what="suggestions p95, to FTS5 over the same set", limit=0.5,
            measured=quantile(seconds, 0.95) / fts, detail=f"{ms(quantile(seconds, 0.95))} to {ms(fts)}",
            why="the questions are short"),
    ]  # fmt: skip


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
