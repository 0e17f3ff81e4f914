"""What kind of thing a report is about, in families; each kind may ask for a few fields of its own."""

from dataclasses import dataclass
from enum import StrEnum


class Type(StrEnum):
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
        """Never shown to everybody, whatever else is said."""
        return self in (Type.SECURITY, Type.GATEWAY_SECURITY, Type.AI_SECURITY)

    @property
    def is_defect(self) -> bool:
        """Something in the system is wrong; nobody has to be taught, and nothing is wished for."""
        return self not in (Type.TRAINING_GAP, Type.FEATURE_REQUEST, Type.QUESTION, Type.PRAISE)

    @property
    def needs_fixing(self) -> bool:
        """Praise is kept and counted, and nobody has to fix it."""
        return self is not Type.PRAISE


FAMILIES = {"gateway": "API gateway", "ai": "AI gateway", "api": "API governance"}
LABELS = {
    Type.GATEWAY_PERFORMANCE: "Performance and rates",
    Type.GATEWAY_SECURITY: "Security and authentication",
    Type.GATEWAY_ROUTING: "Routing and integration",
    Type.GATEWAY_MANAGEMENT: "Configuration and management",
    Type.AI_ACCURACY: "Wrong or irrelevant answer",
    Type.AI_COST: "Latency and cost",
    Type.AI_PROMPTS: "Prompts",
    Type.AI_SECURITY: "Data protection and access",
    Type.AI_INTEGRATION: "Provider integration",
    Type.API_DESIGN: "Design standards",
    Type.API_ACCESS: "Access control",
    Type.API_VERSIONING: "Versioning and deprecation",
    Type.API_DOCUMENTATION: "Discovery and documentation",
}


@dataclass(frozen=True, slots=True)
class Ask:
    """One field that a kind of report has of its own; a choice where there are options."""

    id: str
    label: str
    options: tuple[str, ...] = ()
    hint: str = ""


OPEN, BLOCKED = "Too open: somebody can do what they may not", "Wrongly blocked: somebody cannot do what they may"
ENDPOINT = Ask("endpoint", "Endpoint or route", hint="Method and path, as in GET /v2/payslips/{id}")
ERRORS = Ask("error_codes", "Error codes seen", hint="For example 429 and 502")
API = Ask("api", "API and version", hint="For example Payslips v2")
MODEL = Ask("model", "Model and version")
PROMPT = Ask("prompt", "Prompt", hint="Its id and version, or its words")
ASKS: dict[Type, tuple[Ask, ...]] = {
    Type.PERFORMANCE: (
        Ask("slow_step", "What is slow", hint="The page, the job or the step"),
        Ask("seconds", "How long it takes", hint="And how long it took before, if you know"),
    ),
    Type.TRAINING_GAP: (Ask("topic", "What was unclear", hint="The task that was not explained"),),
    Type.GATEWAY_PERFORMANCE: (
        ENDPOINT, Ask("rps", "Requests a second"), Ask("response_time", "Average response time"), ERRORS,
    ),
    Type.GATEWAY_SECURITY: (
        Ask("attack", "What was seen", (
            "Failed authentication", "Malicious payload", "Exposed data", "Rate limit", "IP list", "Token (JWT)",
        )),
        ENDPOINT, Ask("source", "Where it came from", hint="Address or client"),
    ),
    Type.GATEWAY_ROUTING: (
        ENDPOINT, ERRORS,
        Ask("fault", "What it looks like", (
            "Not found (404)", "Wrong service", "Retries", "Circuit breaker", "Time-out",
        )),
    ),
    Type.GATEWAY_MANAGEMENT: (Ask("task", "What you tried to do"), Ask("setting", "Setting or policy")),
    Type.AI_ACCURACY: (PROMPT, Ask("output", "What it answered"), MODEL),
    Type.AI_COST: (MODEL, Ask("latency", "Inference latency"), Ask("tokens", "Tokens"), Ask("cost", "Cost of a call")),
    Type.AI_PROMPTS: (PROMPT, MODEL, Ask("change", "What changed", hint="The version before, and its result")),
    Type.AI_SECURITY: (
        Ask("concern", "What it is about", ("Data leak", "Unauthorised access to a model", "Data residency")), MODEL,
    ),
    Type.AI_INTEGRATION: (
        Ask("provider", "Provider"),
        Ask("stage", "Where it fails", ("Authentication", "Request", "Answer", "Quota")), ERRORS,
    ),
    Type.API_DESIGN: (
        API, Ask("standard", "What is inconsistent", ("Naming", "Data format", "Error handling", "Authentication")),
    ),
    Type.API_ACCESS: (API, Ask("direction", "In which direction", (OPEN, BLOCKED))),
    Type.API_VERSIONING: (
        API, Ask("break", "What happened", ("An old version broke", "A new one, unannounced", "Deprecation unclear")),
    ),
    Type.API_DOCUMENTATION: (API, Ask("gap", "What is wrong", ("Cannot be found", "Out of date", "Unclear"))),
}  # fmt: skip


def offered(families: tuple[str, ...]) -> tuple[Type, ...]:
    """The usual kinds, and those of the families a phase has."""
    return tuple(t for t in Type if t.family == "" or t.family in families)


def asks(kind: Type) -> tuple[Ask, ...]:
    return ASKS.get(kind, ())


def exposes(kind: Type, extra: dict[str, str]) -> bool:
    """An access that is too open is a breach: private, and critical."""
    return kind is Type.API_ACCESS and extra.get("direction") == OPEN
