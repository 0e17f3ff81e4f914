"""What kind of thing a report is about, in families; each kind may ask for a few fields of its own."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class TicketType(StrEnum):
    NONE = "none"  # not sorted yet
    BUG = "bug"
    PERFORMANCE = "performance"
    USABILITY = "usability"
    TRAINING_GAP = "training_gap"
    FEATURE_REQUEST = "feature_request"
    SECURITY = "security"
    QUESTION = "question"
    PRAISE = "praise"
    GATEWAY_PERFORMANCE = "gateway_performance"
    GATEWAY_SECURITY = "gateway_security"
    GATEWAY_ROUTING = "gateway_routing"
    GATEWAY_MANAGEMENT = "gateway_management"
    AI_ACCURACY = "ai_accuracy"
    AI_COST = "ai_cost"
    AI_PROMPTS = "ai_prompts"
    AI_SECURITY = "ai_security"
    AI_INTEGRATION = "ai_integration"
    API_DESIGN = "api_design"
    API_ACCESS = "api_access"
    API_VERSIONING = "api_versioning"
    API_DOCUMENTATION = "api_documentation"

    @property
    def label(self) -> str:
        return LABELS.get(self, self.value.replace("_", " ").capitalize())

    @property
    def family(self) -> str:
        """`gateway`, `ai`, `api`, or nothing for the usual ones."""
        first = self.value.partition("_")[0]
        return first if first in FAMILIES else ""

    @property
    def is_private(self) -> bool:
        """Whether reports of this type are always private."""
        return self in (TicketType.SECURITY, TicketType.GATEWAY_SECURITY, TicketType.AI_SECURITY)

    @property
    def is_sorted(self) -> bool:
        """Whether a person has said what kind of report it is."""
        return self is not TicketType.NONE

    @property
    def is_work(self) -> bool:
        """Whether something is to be done about it: praise is thanked for and counted."""
        return self is not TicketType.PRAISE

    @property
    def is_defect(self) -> bool:
        """Whether it reports a fault of the system, and not a wish, a question or a training gap.

        What is not sorted counts as one until it is.
        """
        return self not in (TicketType.TRAINING_GAP, TicketType.FEATURE_REQUEST, TicketType.QUESTION, TicketType.PRAISE)


FAMILIES = {"gateway": "API gateway", "ai": "AI gateway", "api": "API governance"}
LABELS = {
    TicketType.NONE: "Not sorted",
    TicketType.GATEWAY_PERFORMANCE: "Performance and rates",
    TicketType.GATEWAY_SECURITY: "Security and authentication",
    TicketType.GATEWAY_ROUTING: "Routing and integration",
    TicketType.GATEWAY_MANAGEMENT: "Configuration and management",
    TicketType.AI_ACCURACY: "Wrong or irrelevant answer",
    TicketType.AI_COST: "Latency and cost",
    TicketType.AI_PROMPTS: "Prompts",
    TicketType.AI_SECURITY: "Data protection and access",
    TicketType.AI_INTEGRATION: "Provider integration",
    TicketType.API_DESIGN: "Design standards",
    TicketType.API_ACCESS: "Access control",
    TicketType.API_VERSIONING: "Versioning and deprecation",
    TicketType.API_DOCUMENTATION: "Discovery and documentation",
}


@dataclass(frozen=True, slots=True)
class TypeField:
    """A field that only one type asks for; a choice if there are options."""

    id: str
    label: str
    options: tuple[str, ...] = ()
    hint: str = ""


OPEN, BLOCKED = "Too open: people can do what they shouldn't", "Wrongly blocked: people can't do what they should"
ENDPOINT = TypeField("endpoint", "Endpoint or route", hint="Method and path, as in GET /v2/payslips/{id}")
ERRORS = TypeField("error_codes", "Error codes seen", hint="For example 429 and 502")
API = TypeField("api", "API and version", hint="For example Payslips v2")
MODEL = TypeField("model", "Model and version")
PROMPT = TypeField("prompt", "Prompt", hint="Its id and version, or its words")
ASKS: dict[TicketType, tuple[TypeField, ...]] = {
    TicketType.PERFORMANCE: (
        TypeField("slow_step", "What is slow", hint="The page, the job or the step"),
        TypeField("seconds", "How long it takes", hint="And how long it took before, if you know"),
    ),
    TicketType.TRAINING_GAP: (TypeField("topic", "What was unclear", hint="The task that was not explained"),),
    TicketType.GATEWAY_PERFORMANCE: (
        ENDPOINT,
        TypeField("rps", "Requests a second"),
        TypeField("response_time", "Average response time"),
        ERRORS,
    ),
    TicketType.GATEWAY_SECURITY: (
        TypeField(
            "attack",
            "What was seen",
            (
                "Failed authentication",
                "Malicious payload",
                "Exposed data",
                "Rate limit",
                "IP list",
                "Token (JWT)",
            ),
        ),
        ENDPOINT,
        TypeField("client", "Where it came from", hint="Address or client"),
    ),
    TicketType.GATEWAY_ROUTING: (
        ENDPOINT,
        ERRORS,
        TypeField(
            "fault",
            "What it looks like",
            (
                "Not found (404)",
                "Wrong service",
                "Retries",
                "Circuit breaker",
                "Time-out",
            ),
        ),
    ),
    TicketType.GATEWAY_MANAGEMENT: (
        TypeField("task", "What you tried to do"),
        TypeField("setting", "Setting or policy"),
    ),
    TicketType.AI_ACCURACY: (PROMPT, TypeField("output", "What it answered"), MODEL),
    TicketType.AI_COST: (
        MODEL,
        TypeField("latency", "Inference latency"),
        TypeField("tokens", "Tokens"),
        TypeField("cost", "Cost of a call"),
    ),
    TicketType.AI_PROMPTS: (
        PROMPT,
        MODEL,
        TypeField("change", "What changed", hint="The version before, and its result"),
    ),
    TicketType.AI_SECURITY: (
        TypeField("concern", "What it is about", ("Data leak", "Unauthorised access to a model", "Data residency")),
        MODEL,
    ),
    TicketType.AI_INTEGRATION: (
        TypeField("provider", "Provider"),
        TypeField("stage", "Where it fails", ("Authentication", "Request", "Answer", "Quota")),
        ERRORS,
    ),
    TicketType.API_DESIGN: (
        API,
        TypeField("standard", "What is inconsistent", ("Naming", "Data format", "Error handling", "Authentication")),
    ),
    TicketType.API_ACCESS: (API, TypeField("direction", "In which direction", (OPEN, BLOCKED))),
    TicketType.API_VERSIONING: (
        API,
        TypeField("break", "What happened", ("An old version broke", "A new one, unannounced", "Deprecation unclear")),
    ),
    TicketType.API_DOCUMENTATION: (
        API,
        TypeField("gap", "What is wrong", ("Cannot be found", "Out of date", "Unclear")),
    ),
}


@lru_cache(maxsize=64)  # asked for each row of an import
def offered(families: tuple[str, ...]) -> tuple[TicketType, ...]:
    """The usual kinds, and those of the families a phase has."""
    return tuple(t for t in TicketType if t.is_sorted and (t.family == "" or t.family in families))


def asks(kind: TicketType) -> tuple[TypeField, ...]:
    return ASKS.get(kind, ())


def exposes(kind: TicketType, extra: dict[str, str]) -> bool:
    """An access that is too open is a breach: private, and critical."""
    return kind is TicketType.API_ACCESS and extra.get("direction") == OPEN
