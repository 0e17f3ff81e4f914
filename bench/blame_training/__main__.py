"""`python -m bench.blame_training`: trains the classifier of blame from the sentences here, and writes its weights.

A language has two files, its sentences and the kinds of its words. A line that begins with `+` blames a person, with
`-` it doesn't, and `#` begins a group of like ones. `~` is what is blamed of others and regretted of oneself, `^` what
anyone may do, `!` what things do wrong. Those are put together with the lists of people and frames that begin with `=`.
What is printed is measured on groups of sentences that were left out of the training.
"""

import argparse
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from domain.reporting.blame import features, sentences

HERE = Path(__file__).parent
WEIGHTS = HERE.parents[1] / "bot" / "blame"
LANGUAGES = ("en",)
NAMES_BY_CAPITALS = frozenset({"en"})
FOLDS = 8
COST = 1.5  # of a sentence on the wrong side, against large weights; chosen by cross-validation
PRECISION = 0.9  # at which the threshold is set, on sentences that are harder than those of a day
HELD_TOGETHER = 20  # lines of what people do, which are like each other
MIN_COUNT = 3  # sentences that must have a feature
GRAIN = 100  # weights are whole hundredths
ORDINARY = "text of a manual"  # groups of sentences that were not written for this
ORDINARY_MARKED = 0.01  # of them, at most


# Who or what, in which frames, and whether that blames; each is one sentence.
Parts = Sequence[tuple[str, str, bool]]
MARKS: dict[str, Parts] = {
    "~ ": (("others", "blame_frames", True), ("others", "blame_frames", True), ("we", "sorry_frames", False)),
    "^ ": (("others", "calm_frames", False), ("others", "calm_frames", False), ("we", "calm_frames", False)),
    "! ": (("things", "thing_frames", False), ("things", "thing_frames", False)),
}


@dataclass(frozen=True, slots=True)
class Example:
    group: str
    blames: bool
    sentences: tuple[str, ...]


def read(language: str) -> list[Example]:
    """Return the training sentences of a language; raises ValueError for a line that is none."""
    made, group, lists = list[Example](), "", dict[str, list[str]]()
    for number, line in enumerate((HERE / f"{language}.txt").read_text(encoding="utf-8").splitlines()):
        mark, text = line[:2], line[2:].strip()
        if mark == "# ":
            group = text
        elif mark == "= ":
            name, _, parts = text.partition(": ")
            lists[name] = parts.split(" | ")
        elif mark in MARKS:
            made += _combined(f"{group} {number // HELD_TOGETHER}", text, lists, MARKS[mark])
        elif mark in ("+ ", "- "):
            made.append(Example(group, mark == "+ ", tuple(sentences(text))))
        elif line:
            raise ValueError(f"{language}.txt: {line}")
    return made


def _combined(group: str, what: str, lists: dict[str, list[str]], parts: Parts) -> list[Example]:
    """Return sentences in which this was done; the choice is the same each time."""
    pick, made = random.Random(what), []
    for subjects, frames, blames in parts:
        said = pick.choice(lists[frames]).format(f"{pick.choice(lists[subjects])} {what}")
        made.append(Example(group, blames, (said[0].upper() + said[1:],)))
    return made


def read_kinds(language: str) -> dict[str, str]:
    """Return the kind of each word, as the file groups them."""
    text = (HERE / f"{language}.kinds").read_text(encoding="utf-8").replace("\n  ", " ")
    rows = (line.partition(": ") for line in text.splitlines())
    return {word: kind for kind, _, words in rows for word in words.split()}


class Trainer:
    """The features of all sentences, and what a regression over some of them gives.

    A blaming example is one text, since no one marked which of its sentences blames. Of another each sentence counts.
    """

    def __init__(self, examples: Sequence[Example], kinds: dict[str, str], *, capitals: bool) -> None:
        texts = [(number, text) for number, example in enumerate(examples) for text in example.sentences]
        self.rows = np.array([number for number, _ in texts])
        self.blames = np.array([examples[number].blames for number in self.rows])
        found = [features(text, kinds, capitals=capitals) for _, text in texts]
        counts = Counter(name for one in found for name in one)
        self.names = sorted(name for name, count in counts.items() if count >= MIN_COUNT)
        column = {name: at for at, name in enumerate(self.names)}
        cells = [
            (value, row, column[name]) for row, one in enumerate(found) for name, value in one.items() if name in column
        ]
        values, rows, columns = zip(*cells, strict=True)
        self.matrix = csr_matrix((values, (rows, columns)), shape=(len(found), len(self.names)))

    def weights(self, rows: Any) -> tuple[Any, float]:
        """Return the weight of each feature, and the bias."""
        matrix, sign = self.matrix[rows], np.where(self.blames[rows], 1.0, -1.0)
        # Both sides count the same, however many sentences each has.
        cost = COST * len(rows) / 2 / np.where(sign > 0, (sign > 0).sum(), (sign < 0).sum())

        def loss(point: Any) -> tuple[float, Any]:
            margin = sign * (matrix @ point[:-1] + point[-1])
            slope = -sign * cost / (1 + np.exp(np.clip(margin, -50, 50)))
            value = (cost * np.logaddexp(0, -margin)).sum() + 0.5 * point[:-1] @ point[:-1]
            return float(value), np.r_[matrix.T @ slope + point[:-1], slope.sum()]

        best = minimize(loss, np.zeros(len(self.names) + 1), jac=True, method="L-BFGS-B").x
        return np.rint(GRAIN * best[:-1]) / GRAIN, float(best[-1])


def held_out_scores(examples: Sequence[Example], trainer: Trainer) -> Any:
    """Return the score of each example by a model that saw none of its group."""
    groups = {group: at % FOLDS for at, group in enumerate(dict.fromkeys(example.group for example in examples))}
    folds = np.array([groups[examples[number].group] for number in trainer.rows])
    scores = np.full(len(examples), -np.inf)
    for fold in range(FOLDS):
        weights, bias = trainer.weights(np.flatnonzero(folds != fold))
        held = np.flatnonzero(folds == fold)
        np.maximum.at(scores, trainer.rows[held], trainer.matrix[held] @ weights + bias)
    return scores


def threshold_for(scores: Any, blames: Any, ordinary_scores: Any) -> float:
    """Return the lowest score with the precision that is asked for, at which few ordinary sentences are marked."""
    order = np.argsort(-scores)
    right = np.cumsum(blames[order]) / np.arange(1, len(order) + 1)
    precise = scores[order[np.flatnonzero(right >= PRECISION)[-1]]]
    return max(float(precise), float(np.quantile(ordinary_scores, 1 - ORDINARY_MARKED)))


def train(language: str) -> None:
    """Print how well a language is told apart, and write its weights."""
    examples, kinds, capitals = read(language), read_kinds(language), language in NAMES_BY_CAPITALS
    trainer = Trainer(examples, kinds, capitals=capitals)
    scores, blames = held_out_scores(examples, trainer), np.array([example.blames for example in examples])
    ordinary = np.array([example.group.startswith(ORDINARY) for example in examples])
    hard = ~ordinary
    threshold = threshold_for(scores[hard], blames[hard], scores[ordinary])
    found = scores >= threshold
    recall, precision = found[blames].mean(), blames[found].mean()
    said = (f"{blames.sum()} sentences that blame and {(~blames).sum()} others. Of groups that were left out, "
            f"{recall:.0%} are found, and {precision:.0%} of what is found blames; of a manual's sentences "
            f"{found[ordinary].mean():.1%} are marked")  # fmt: skip
    weights, bias = trainer.weights(np.arange(len(trainer.rows)))
    by_kind: dict[str, list[str]] = {}
    for word, kind in kinds.items():
        by_kind.setdefault(kind, []).append(word)
    kept = {name: round(GRAIN * weight) for name, weight in zip(trainer.names, weights, strict=True)}
    weighed = {name: weight for name, weight in kept.items() if weight}
    model = {
        "made_by": f"python -m bench.blame_training {language}", "trained_on": said, "capitals": capitals,
        "threshold": round(threshold, 3), "bias": round(bias, 3), "grain": GRAIN,
        "kinds": {kind: " ".join(words) for kind, words in by_kind.items()},
        "weights": weighed,
    }  # fmt: skip
    path = WEIGHTS / f"{language}.json"
    path.write_text(json.dumps(model, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{language}: {said}. {len(weighed)} weights, {path.stat().st_size // 1024} KiB.")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.blame_training", description="Train it.")
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE", help=", ".join(LANGUAGES))
    for language in parser.parse_args().languages or LANGUAGES:
        train(language)


if __name__ == "__main__":
    main()
