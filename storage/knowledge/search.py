"""Published articles by their words, with the same similarity as likely duplicates."""

import threading
from collections.abc import Callable
from typing import Any

from domain.intake.similarity import SimilarityIndex, plain_index
from domain.intake.words import Synonyms
from domain.knowledge.article import Article
from domain.phases.phase import Phase
from storage.knowledge.articles import Articles


class ArticleSearch:
    """An index a phase in memory, read again when an article or the synonyms change; each process has its own."""

    def __init__(self, new_index: Callable[[Synonyms], SimilarityIndex] = plain_index) -> None:
        self._new_index = new_index
        self._known: dict[int, tuple[Any, dict[int, Article], SimilarityIndex]] = {}
        self._one_at_a_time = threading.Lock()

    def find(self, repository: Articles, phase: Phase, words: str, limit: int, *, sure: bool = False) -> list[Article]:
        """Return the articles that are about these words, best first; only very likely ones if `sure`."""
        stamp = (repository.get_stamp(phase.id), phase.intake.synonyms)
        with self._one_at_a_time:
            if phase.id not in self._known or self._known[phase.id][0] != stamp:
                index = self._new_index(Synonyms(phase.intake.synonyms))
                there = {one.id: one for one in repository.list_published([phase.id])}
                for one in there.values():
                    index.add(one.id, one.text.title, one.text.words)
                self._known[phase.id] = (stamp, there, index)
            _, there, index = self._known[phase.id]
            found = index.find(words, limit=limit)
            return [there[one.id] for one in found if not sure or one.score >= index.threshold]
