"""Optional packages: the modules that each extra of pyproject.toml brings, and the sentence for when it is missing."""

from dataclasses import dataclass
from importlib.util import find_spec


@dataclass(frozen=True, slots=True)
class Extra:
    """An extra of pyproject.toml; `missing` tells an operator what it is needed for and how to install it."""

    name: str
    modules: tuple[str, ...]
    missing: str

    @property
    def is_installed(self) -> bool:
        """Whether Python finds its modules; they are not loaded for that."""
        try:
            return all(find_spec(module) for module in self.modules)
        except ModuleNotFoundError:
            return False


REPORT = Extra(
    "report",
    ("jinja2", "matplotlib", "reportlab"),
    "Reports need three more packages: pip install 'hypercare[report]'.",
)
PARQUET = Extra("parquet", ("pyarrow",), "Parquet needs one more package: pip install 'hypercare[parquet]'.")
TONE = Extra("tone", ("textblob",), "The tone of comments needs one more package: pip install 'hypercare[tone]'.")
SIMILAR = Extra(
    "similar",
    ("wordfreq", "wordllama"),
    "Better suggestions of likely duplicates need two more packages: pip install 'hypercare[similar]'.",
)
PDF = Extra("pdf", ("pypdf",), "PDF guides need one more package: pip install 'hypercare[pdf]'.")
OTLP = Extra(
    "otlp",
    ("opentelemetry.proto",),  # others bring other parts of opentelemetry
    "Spans of OpenTelemetry in protobuf need one more package: pip install 'hypercare[otlp]'.",
)
MCP = Extra("mcp", ("mcp",), "The MCP server needs one more package: pip install 'hypercare[mcp]'.")
TEAMS = Extra(
    "teams",
    ("microsoft_agents.hosting.core",),
    "The bot in Microsoft Teams needs more packages: pip install 'hypercare[teams]'.",
)
IMAP = Extra("imap", ("imap_tools",), "Reading a mailbox needs one more package: pip install 'hypercare[imap]'.")
EXTRAS = (REPORT, PARQUET, TONE, SIMILAR, PDF, OTLP, MCP, TEAMS, IMAP)
