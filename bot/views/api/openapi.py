"""The description of the read API in the form of OpenAPI 3.1."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.api.query import MOST, MOST_ID, USUAL_LIMIT
from domain.tickets.event import EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Fix, Intake, Judgement, Severity
from domain.tickets.types import TicketType

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
MOMENT: Schema = {"type": "string", "format": "date-time"}
NAME: Schema = {"type": "string", "pattern": "^[A-Z][A-Z0-9]{1,9}-[0-9]{1,9}$", "examples": ["PAY-42"]}
PERSON = "Id in Slack, or `mail-…` for a person who writes e-mails"
ERRORS = {
    "400": "A parameter is unknown or can't be read.",
    "401": "The token is missing, unknown, expired or revoked.",
    "403": "The token lacks a scope.",
    "404": "There is no such ticket that the token shows.",
    "429": "Too many requests. `Retry-After` says when to try again.",
    "503": "Too many requests wait, or the database can't be reached.",
}


def document(version: str, url: str) -> Schema:
    """Return the OpenAPI document; `url` is the public address, "" where none is known."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hypercare", "version": version, "summary": "Read the tickets of a phase.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": f"{url}/api/v1"}],
        "security": [{"token": []}],
        "paths": {
            "/figures": {"get": _operation("getFigures", "Get the figures of today", "Figures", [], ("400",))},
            "/tickets": {"get": _operation("listTickets", "List tickets", "TicketPage", _filters(), ("400",))},
            "/tickets/{name}": {"get": _operation("getTicket", "Get a ticket", "WholeTicket", [_name()])},
            "/tickets/{name}/events": {
                "get": _operation("listEvents", "List what happened to a ticket", "Events", [_name()])
            },
        },
        "components": {
            "schemas": _schemas(),
            "responses": {f"Error{status}": _error(text) for status, text in ERRORS.items()},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }  # fmt: skip


def _operation(
    id_: str, summary: str, schema: str, parameters: Sequence[Schema], also: Sequence[str] = ("400", "404")
) -> Schema:
    statuses = sorted({*also, "401", "403", "429", "503"})
    answer = {"description": summary, "content": {"application/json": {"schema": _ref(schema)}}}
    errors = {status: {"$ref": f"#/components/responses/Error{status}"} for status in statuses}
    return {"operationId": id_, "summary": summary, "parameters": [*parameters], "responses": {"200": answer, **errors}}


def _filters() -> list[Schema]:
    def each(kind: type[Status] | type[Severity]) -> Schema:
        return {"type": "array", "items": {"type": "string", "enum": [*kind]}}

    def number(most: int) -> Schema:
        return {"type": "integer", "minimum": 1, "maximum": most}

    return [
        _query("status", "Only tickets with one of these statuses", each(Status)),
        _query("severity", "Only tickets of one of these severities", each(Severity)),
        _query("changed_since", "Only tickets that were changed since that moment", MOMENT),
        _query("words", "Only tickets whose report has all of these words", TEXT),
        _query("after", "What `next` of the answer before says", number(MOST_ID)),
        _query("limit", "How many tickets at most", number(MOST) | {"default": USUAL_LIMIT}),
    ]


def _query(name: str, description: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "description": description, "required": False, "schema": schema}


def _name() -> Schema:
    return {"name": "name", "in": "path", "description": "Name of the ticket", "required": True, "schema": NAME}


def _error(text: str) -> Schema:
    return {"description": text, "content": {"application/json": {"schema": _ref("Error")}}}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _schemas() -> Schema:
    ticket = _ticket()
    event = {"kind": _one_of(EventKind), "at": MOMENT, "actor": _or_null(TEXT, PERSON),
             "details": {"type": "object", "additionalProperties": TEXT}}  # fmt: skip
    return {
        "Error": _object({"error": TEXT}),
        "Ticket": _object(ticket),
        "WholeTicket": _object(ticket | {"report": _report()}),
        "TicketPage": _object({"tickets": _list(_ref("Ticket")), "next": _or_null(TEXT, "Where the next ones begin")}),
        "Event": _object(event),
        "Figures": _object({"phase": TEXT, "name": TEXT, "open": _open(), "today": _today()}),
        "Events": _object({"events": _list(_ref("Event"))}),
    }


def _ticket() -> Schema:
    named = {name: _or_null(TEXT) for name in ("module", "process", "category", "link")}
    return {
        "name": NAME, "phase": TEXT, "summary": TEXT, "type": _one_of(TicketType), "severity": _one_of(Severity),
        "status": _one_of(Status), "owner": _or_null(TEXT, PERSON),
        "reporter": _or_null(TEXT, f"{PERSON}; null for private and anonymous tickets"),
        "private": {"type": "boolean"}, "anonymous": {"type": "boolean"}, "intake": _one_of(Intake),
        "affected": {"type": "integer"}, "priority": {"type": "number", "minimum": 0, "maximum": 100},
        "fix": _or_null(_one_of(Fix)), "judgement": _or_null(_one_of(Judgement)),
        "deferred_until": _or_null({"type": "string", "format": "date"}), "opened_at": MOMENT,
        "changed_at": _or_null(MOMENT), "due_at": _or_null(MOMENT), **named,
    }  # fmt: skip


def _open() -> Schema:
    names = ("unacknowledged", "unassigned", "waiting_on_reporter", "deferred", "overdue", "due_today")
    severities = _object({severity.value: COUNT for severity in Severity})
    return _object({"total": COUNT, "severities": severities, **dict.fromkeys(names, COUNT)})


def _today() -> Schema:
    names = ("opened", "critical", "resolved", "reopened", "missed_target")
    return _object({"since": MOMENT, "until": MOMENT, **dict.fromkeys(names, COUNT)})


def _report() -> Schema:
    names = ("happened", "steps", "expected", "actual", "impact", "environment", "workaround")
    return _object(dict.fromkeys(names, TEXT) | {"extra": {"type": "object", "additionalProperties": TEXT}})


def _one_of(kind: type[Any]) -> Schema:
    return {"type": "string", "enum": [one.value for one in kind]}


def _or_null(schema: Mapping[str, Any], description: str = "") -> Schema:
    found: Schema = {"anyOf": [dict(schema), {"type": "null"}]}
    return found | ({"description": description} if description else {})


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _object(properties: Schema) -> Schema:
    """Return the schema of an object that has all of these properties; later versions may add more."""
    return {"type": "object", "properties": properties, "required": [*properties]}
