"""Suggestions: which type and module a summary sounds like. Deterministic, and only ever shown, never filled in."""

from dataclasses import dataclass

from domain.intake.settings import IntakeSettings
from domain.intake.words import stemmed_words
from domain.tickets.modules import TREE
from domain.tickets.types import TicketType, offered

# Words typical of each type.
TYPE_WORDS: dict[TicketType, str] = {
    TicketType.PERFORMANCE: "slow sluggish lag timeout seconds minutes forever performance loading waiting",
    TicketType.USABILITY: "confusing unclear hidden layout font colour color readable contrast clicks scroll "
    "label keyboard",
    TicketType.TRAINING_GAP: "how where explain training manual guide instructions understand learn documentation",
    TicketType.FEATURE_REQUEST: "wish would like could add feature option want suggestion nice",
    TicketType.SECURITY: "security password leak leaked exposed salary permission vulnerability phishing "
    "unauthorised breach",
    TicketType.QUESTION: "question ask wondering anybody somebody know",
    TicketType.PRAISE: "thanks thank great love excellent happy fantastic wonderful perfect",
    TicketType.GATEWAY_PERFORMANCE: "gateway rps requests throughput latency 429 502 503 504",
    TicketType.GATEWAY_ROUTING: "gateway route routing 404 retry circuit upstream",
    TicketType.GATEWAY_SECURITY: "gateway jwt token authentication payload ip",
    TicketType.AI_ACCURACY: "ai answer model hallucination irrelevant misclassify sentiment assistant",
    TicketType.AI_COST: "ai tokens cost inference budget model",
    TicketType.AI_PROMPTS: "prompt prompts template ai model",
    TicketType.API_DESIGN: "api naming inconsistent format schema",
    TicketType.API_ACCESS: "api unauthorised forbidden 403 scope access",
    TicketType.API_VERSIONING: "api version deprecated v1 v2 breaking",
    TicketType.API_DOCUMENTATION: "api documentation docs swagger openapi",
}
MIN_TYPE_WORDS = 2  # typical words needed to suggest a type; a question needs its first word only
QUESTION_WORDS = ("how", "where", "who", "when", "is", "can", "could", "does")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A suggested type and module; None and "" without one."""

    type: TicketType | None = None
    module: str = ""

    def __bool__(self) -> bool:
        return self.type is not None or bool(self.module)


def suggestion_for(words: str, settings: IntakeSettings) -> Suggestion:
    return Suggestion(_type(words, settings), _module(words, settings))


def _type(words: str, settings: IntakeSettings) -> TicketType | None:
    plain = set(words.casefold().replace("?", " ").replace(".", " ").replace(",", " ").split())
    words_used = plain | set(stemmed_words(words))
    counted = {
        kind: len(words_used & (set(TYPE_WORDS[kind].split()) | set(stemmed_words(TYPE_WORDS[kind]))))
        for kind in offered(settings.templates) if kind in TYPE_WORDS
    }  # fmt: skip
    best = max(counted, key=lambda kind: (counted[kind], -list(counted).index(kind)))
    if counted[best] >= MIN_TYPE_WORDS:
        return best
    if words.rstrip().endswith("?") and words.casefold().split()[0] in QUESTION_WORDS:
        return TicketType.QUESTION
    return TicketType.PERFORMANCE if counted.get(TicketType.PERFORMANCE) else None


def _module(words: str, settings: IntakeSettings) -> str:
    """Return the module whose name fits the words best; among equals, the deepest in the tree."""
    stems = set(stemmed_words(words))
    scored = []
    for module in settings.modules:
        own = set(stemmed_words(module.split(TREE)[-1]))
        shared = len(own & stems)
        if own and shared:
            scored.append((shared / len(own), shared, module.count(TREE), module))
    best = max(scored, default=None)
    return best[3] if best and best[0] >= 0.5 else ""
