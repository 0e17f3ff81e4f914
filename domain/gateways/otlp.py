"""Spans of OpenTelemetry about calls of models, by its conventions for generative AI and those of LiteLLM.

OTLP comes as protobuf or as JSON. Prompts and answers may be among the attributes of a span, and are not looked at.
"""

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any

from domain.foreign import moment, number, scalar, table
from domain.gateways.ai_call import AiCall, AiOutcome
from domain.gateways.ai_formats import cost_of, count_of, failure, name_of
from domain.gateways.paths import consumer_of

Row = Mapping[str, Any]
CONTENT_TYPE = "application/x-protobuf"
MODULE = "opentelemetry.proto"  # of the extra
NANOSECONDS = 1e9
NO_CALLS = frozenset({"create_agent", "invoke_agent", "execute_tool"})  # operations that contain calls of models
FAILED = ("2", "STATUS_CODE_ERROR")
# What names of errors have in them, in any spelling, and the status that says the same.
STATUS_OF = {"ratelimit": "429", "authentication": "401", "permission": "403"}


class MissingProtobufError(Exception):
    """The package that reads OTLP in protobuf is not installed."""


def decode(body: bytes) -> Row:
    """Return a trace request in protobuf as its JSON form. ValueError when it is none."""
    if not _is_installed():
        raise MissingProtobufError
    from google.protobuf.json_format import MessageToDict  # noqa: PLC0415 - optional
    from google.protobuf.message import DecodeError  # noqa: PLC0415
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest  # noqa: PLC0415

    try:
        request = ExportTraceServiceRequest.FromString(body)
    except DecodeError:
        raise ValueError("no trace request") from None
    found: dict[str, Any] = MessageToDict(request)
    return {"resourceSpans": [], **found}


def read_spans(row: Row) -> Iterator[AiCall]:
    """Return the calls of models among the spans of a trace request; its other spans are passed over."""
    for resource in _items(row.get("resourceSpans")):
        service = scalar(_attributes(resource.get("resource")).get("service.name"))
        for scope in _items(resource.get("scopeSpans")):
            for span in _items(scope.get("spans")):
                given = _attributes(span)
                if given.get("gen_ai.request.model") and scalar(given.get("gen_ai.operation.name")) not in NO_CALLS:
                    yield _call(span, given, service)


def _call(span: Row, given: Row, service: str) -> AiCall:
    began, ended = number(span.get("startTimeUnixNano")), number(span.get("endTimeUnixNano"))
    team = given.get("metadata.user_api_key_team_alias")
    prompt = given.get("prompt_version") or given.get("gen_ai.prompt.version") or given.get("gen_ai.prompt.name")
    return AiCall(
        at=moment(ended / NANOSECONDS) if ended else None, id=scalar(span.get("spanId")),
        provider=name_of(given.get("gen_ai.provider.name") or given.get("gen_ai.system")),
        model=name_of(given.get("litellm.model_group") or given.get("gen_ai.request.model")), team=name_of(team),
        consumer=consumer_of(scalar(given.get("metadata.user_api_key_alias")) or service), prompt=name_of(prompt),
        outcome=_outcome(span, given),
        tokens_in=count_of(given.get("gen_ai.usage.input_tokens", given.get("gen_ai.usage.prompt_tokens"))),
        tokens_out=count_of(given.get("gen_ai.usage.output_tokens", given.get("gen_ai.usage.completion_tokens"))),
        cost=cost_of(given.get("gen_ai.cost.total_cost")),
        ms=(ended - began) / 1e6 if began and ended and ended >= began else None,
    )  # fmt: skip


def _outcome(span: Row, given: Row) -> AiOutcome:
    if scalar(table(span.get("status")).get("code")) not in FAILED:
        return AiOutcome.OK
    error = scalar(given.get("error.type"))
    plain = error.casefold().replace("_", "").replace(" ", "")
    said = next((status for word, status in STATUS_OF.items() if word in plain), "")
    code = said or (error if error.isdigit() else given.get("http.response.status_code"))
    return failure(code, error)


def _attributes(row: Any) -> dict[str, Any]:
    """Return the attributes of a span or a resource that are texts, numbers or truth values, by name."""
    found = {}
    for one in _items(table(row).get("attributes")):
        values = table(one.get("value"))
        value = next((values[kind] for kind in ("stringValue", "intValue", "doubleValue", "boolValue")
                      if kind in values), None)  # fmt: skip
        found[scalar(one.get("key"))] = value
    return found


def _items(value: Any) -> list[Row]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _is_installed() -> bool:
    try:
        return find_spec(MODULE) is not None
    except ModuleNotFoundError:
        return False
