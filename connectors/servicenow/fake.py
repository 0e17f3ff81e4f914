"""A ServiceNow to try the connector with: incidents that live in memory, and signed calls about them.

It keeps to what is documented of the Table API, and is stricter: a query with an operator that it doesn't know, a
state that is in no list, and a field that can't be set are refused, where an instance would let them pass.
"""

import asyncio
import base64
import hashlib
import hmac
import html
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from aiohttp import web

from connectors.faults import TrackerFault, TrackerLimit

Json = dict[str, Any]
USER, PASSWORD = "hypercare", "a password of the fake ServiceNow"
PEOPLE = {USER: "Hypercare", "dana": "Dana Developer", "sam.okafor": "Sam Okafor", "maria.k": "Maria Keller"}
STATES = {"1": "New", "2": "In Progress", "3": "On Hold", "6": "Resolved", "7": "Closed", "8": "Canceled"}
REASONS = {"1": "Awaiting Caller", "3": "Awaiting Problem", "4": "Awaiting Vendor", "5": "Awaiting Change"}
CODES = ("Solution provided", "Workaround provided", "User error", "No resolution provided")
JOURNALS = ("comments", "work_notes")
LABELS = {"comments": "Additional comments", "work_notes": "Work notes"}
READ_ONLY = ("priority", "number", "sys_id", "sys_mod_count", "sys_updated_on", "sys_created_by")


@dataclass
class WrongCallError(Exception):
    status: int
    message: str
    detail: str = ""


@dataclass
class FakeInstance:
    """A ServiceNow with one group, `Payroll`. `codes` are the close codes that it knows."""

    secret: str = ""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    group: str = "Payroll"
    codes: tuple[str, ...] = CODES
    password: str = PASSWORD
    webhook_url: str = ""
    fault: TrackerFault | None = None
    limit: TrackerLimit | None = None
    hides_journal: bool = False  # the table is refused
    empties_journal: bool = False  # it is answered, without the rows
    addresses: dict[str, str] = field(default_factory=dict)  # by user name
    duplicates: bool = False  # of what the business rule sends
    port: int = 0
    incidents: dict[str, Json] = field(default_factory=dict)
    journal: list[Json] = field(default_factory=list)
    files: list[Json] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    _contents: dict[str, bytes] = field(default_factory=dict)  # of files
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _loop: asyncio.AbstractEventLoop | None = None
    _runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self, port: int = 0) -> None:
        """Listen on a port of this machine."""
        self._loop = asyncio.get_running_loop()
        app = web.Application(middlewares=[self._around], client_max_size=2**24)
        app.router.add_get("/api/now/table/{table}", self._query)
        app.router.add_post("/api/now/table/incident", self._insert)
        app.router.add_patch("/api/now/table/incident/{id}", self._patch)
        app.router.add_get("/api/now/attachment", self._list_files)
        app.router.add_post("/api/now/attachment/file", self._attach)
        app.router.add_get("/api/now/attachment/{id}/file", self._get_content)
        app.router.add_get("/", self._page)
        app.router.add_get("/incident.do", self._page)
        app.router.add_post("/play/{id}/{act}", self._play)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._runner:
            await self._runner.cleanup()

    # What people do there.

    def person_sets(self, number: str, by: str = "dana", **fields: str) -> None:
        """A person changes fields by their values, such as `state="2"`."""
        self._change(self._by_number(number), fields, by)

    def person_writes(self, number: str, text: str, by: str = "dana", *, public: bool) -> None:
        """A person comments, which the caller reads, or writes a work note."""
        self._change(self._by_number(number), {JOURNALS[0 if public else 1]: text}, by)

    def person_attaches(self, number: str, name: str, content: bytes, by: str = "dana") -> None:
        incident = self._by_number(number)
        self._keep(incident["sys_id"], name, content, by)
        self._tell(incident, by)

    def person_deletes(self, number: str, by: str = "dana") -> None:
        incident = self._by_number(number)
        del self.incidents[incident["sys_id"]]
        self._tell(incident, by)

    def entries(self, number: str, element: str) -> list[str]:
        """Return the words of the comments or of the work notes of an incident."""
        sys_id = self._by_number(number)["sys_id"]
        return [one["value"] for one in self.journal if (one["element_id"], one["element"]) == (sys_id, element)]

    # How it answers.

    @web.middleware
    async def _around(self, request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
        """Check who asks, and do what goes wrong."""
        if not request.path.startswith("/api/"):
            return await handler(request)  # type: ignore[no-any-return]
        name = f"{request.method} {request.path}"
        if self.limit and (refusal := self.limit.refuse()):
            return refusal
        self.calls.append(name)
        fault = self.fault if self.fault and self.fault.hits(name) else None
        if fault and (instead := await fault.strike()):
            return instead
        basic = base64.b64encode(f"{USER}:{self.password}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {basic}":
            return _wrong(WrongCallError(401, "User Not Authenticated", "Required to provide Auth information"))
        try:
            answer: web.StreamResponse = await handler(request)
        except WrongCallError as wrong:
            answer = _wrong(wrong)
        if fault and fault.lost and request.transport:
            request.transport.close()
        return answer

    async def _query(self, request: web.Request) -> web.Response:
        table, asked = request.match_info["table"], request.query
        if table == "sys_journal_field" and self.hides_journal:
            raise WrongCallError(403, "Operation Failed", "ACL restricts the record retrieval")
        rows = [one for one in self._table(table) if _fits(one, asked.get("sysparm_query", ""), self.now())]
        start, fields = int(asked.get("sysparm_offset", 0)), asked["sysparm_fields"].split(",")
        page = rows[start : start + int(asked.get("sysparm_limit", 10_000))]
        shown = asked.get("sysparm_display_value", "false")
        return web.json_response({"result": [{name: _shown(one, name, shown) for name in fields} for one in page]})

    async def _insert(self, request: web.Request) -> web.Response:
        given, number = await request.json(), next(self._numbers)
        at = _moment(self.now())
        incident: Json = {
            "sys_id": f"{number:032x}", "number": f"INC{number:07}", "state": "1", "impact": "3", "urgency": "3",
            "assigned_to": "", "sys_mod_count": "0", "sys_created_on": at, "sys_created_by": USER,
            "description": "", "correlation_id": "", "assignment_group": "",
        }  # fmt: skip
        self.incidents[incident["sys_id"]] = incident
        try:
            self._change(incident, given, USER)
        except WrongCallError:
            del self.incidents[incident["sys_id"]]
            raise
        return web.json_response({"result": {"sys_id": incident["sys_id"]}}, status=201)

    async def _patch(self, request: web.Request) -> web.Response:
        incident = self.incidents.get(request.match_info["id"])
        if incident is None:
            raise WrongCallError(404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval")
        self._change(incident, await request.json(), USER)
        return web.json_response({"result": {"sys_id": incident["sys_id"]}})

    async def _list_files(self, request: web.Request) -> web.Response:
        found = [one for one in self.files if _fits(one, request.query["sysparm_query"], self.now())]
        return web.json_response({"result": found})

    async def _attach(self, request: web.Request) -> web.Response:
        asked = request.query
        if asked["table_sys_id"] not in self.incidents:
            raise WrongCallError(404, "No Record found")
        made = self._keep(asked["table_sys_id"], asked["file_name"], await request.read(), USER)
        return web.json_response({"result": made}, status=201)

    def _keep(self, incident: str, name: str, content: bytes, by: str) -> Json:
        made = {"sys_id": f"{next(self._numbers):032x}", "file_name": name, "sys_created_by": by,
                "table_sys_id": incident, "size_bytes": str(len(content))}  # fmt: skip
        self._contents[made["sys_id"]] = content
        self.files.append(made)
        return made

    async def _get_content(self, request: web.Request) -> web.Response:
        content = self._contents.get(request.match_info["id"])
        if content is None:
            raise WrongCallError(404, "No Record found")
        return web.Response(body=content, content_type="application/octet-stream")

    # What it keeps.

    def _table(self, name: str) -> list[Json]:
        if name == "incident":
            return [one | self._walked(one) for one in self.incidents.values()]
        tables: dict[str, list[Json]] = {
            "sys_journal_field": [] if self.empties_journal else self.journal,
            "sys_user_group": [{"sys_id": "9" * 32, "name": self.group}],
            "sys_user": [self._user(user) for user in PEOPLE],
            "sys_choice": self._choices(),
        }
        if name not in tables:
            raise WrongCallError(400, "Invalid table", name)
        return tables[name]

    def _user(self, user: str) -> Json:
        return {"sys_id": _id_of(user), "user_name": user, "name": PEOPLE[user], "active": "true",
                "email": self.addresses.get(user, "")}  # fmt: skip

    def _walked(self, incident: Json) -> Json:
        """Return the fields of the records that an incident refers to."""
        owner = _user_of(incident["assigned_to"])
        return {"assignment_group.name": self.group if incident["assignment_group"] else "",
                "assigned_to.user_name": owner, "assigned_to.name": PEOPLE.get(owner, ""),
                "assigned_to.email": self.addresses.get(owner, ""),
                **{element: self._told(incident["sys_id"], element) for element in JOURNALS}}  # fmt: skip

    def _told(self, sys_id: str, element: str) -> str:
        """Return what people read in a field with a journal: all of its entries, the newest first."""
        mine = [one for one in self.journal if (one["element_id"], one["element"]) == (sys_id, element)]
        return "".join(
            f"{one['sys_created_on']} - {PEOPLE.get(one['sys_created_by'], '')} ({LABELS[element]})\n{one['value']}\n\n"
            for one in reversed(mine)
        )

    def _choices(self) -> list[Json]:
        lists = {"state": STATES, "hold_reason": REASONS, "close_code": dict(zip(self.codes, self.codes, strict=True))}
        own = [{"name": "incident", "element": element, "value": value, "label": label, "inactive": "false"}
               for element, values in lists.items() for value, label in values.items()]  # fmt: skip
        return [*own, {"name": "task", "element": "state", "value": "-5", "label": "Pending", "inactive": "false"}]

    def _by_number(self, number: str) -> Json:
        return next(one for one in self.incidents.values() if one["number"] == number)

    def _change(self, incident: Json, given: Mapping[str, Any], by: str) -> None:
        """Change an incident as its rules allow; comments and work notes go into the journal."""
        if wrong := next((name for name in given if name in READ_ONLY), None):
            raise WrongCallError(403, "Operation Failed", f"{wrong} can't be set")
        if not all(isinstance(value, str) for value in given.values()):
            raise WrongCallError(400, "Invalid value", "every value is a string")
        after = {**incident, **{name: value for name, value in given.items() if name not in JOURNALS}}
        self._check(after)
        at = _moment(self.now())
        after |= {"sys_mod_count": str(int(incident["sys_mod_count"]) + 1), "sys_updated_on": at, "sys_updated_by": by}
        incident.update(after)
        for element in JOURNALS:
            if given.get(element):
                self.journal.append({"sys_id": f"{next(self._numbers):032x}", "element_id": incident["sys_id"],
                                     "element": element, "value": given[element], "sys_created_by": by,
                                     "sys_created_on": at})  # fmt: skip
        self._tell(incident, by)

    def _check(self, after: Mapping[str, str]) -> None:
        if after["state"] not in STATES:
            raise WrongCallError(403, "Operation Failed", f"{after['state']} is no state")
        needed = {"3": ("hold_reason",), "6": ("close_code", "close_notes"), "7": ("close_code", "close_notes")}
        missing = [name for name in needed.get(after["state"], ()) if not after.get(name)]
        if missing:
            raise WrongCallError(403, "Operation Failed", f"Data Policy Exception: {', '.join(missing)} is mandatory")
        if after["state"] in ("6", "7") and after["close_code"] not in self.codes:
            raise WrongCallError(403, "Operation Failed", f"{after['close_code']} is no close code")
        if after["state"] == "3" and after["hold_reason"] not in REASONS:
            raise WrongCallError(403, "Operation Failed", f"{after['hold_reason']} is no hold reason")
        if after["assigned_to"] and not _user_of(after["assigned_to"]):
            raise WrongCallError(403, "Operation Failed", "assigned_to is no user")

    # Its business rule.

    def _tell(self, incident: Mapping[str, str], by: str) -> None:
        """Call the webhook as the rule of docs/servicenow.md does."""
        body = {"sys_id": incident["sys_id"], "number": incident["number"],
                "sys_mod_count": incident["sys_mod_count"], "updated_by": by}  # fmt: skip
        if self.webhook_url and self._loop and str(incident["correlation_id"]).startswith("hypercare-"):
            for _time in range(2 if self.duplicates else 1):
                self._loop.call_soon_threadsafe(self._begin, json.dumps(body).encode(), incident["sys_mod_count"])

    def _begin(self, raw: bytes, count: str) -> None:
        task = asyncio.ensure_future(self._deliver(raw, count))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, raw: bytes, count: str) -> None:
        """Send it once: a business rule does not try again."""
        signature = base64.b64encode(hmac.new(self.secret.encode(), raw, hashlib.sha256).digest()).decode()
        headers = {"Content-Type": "application/json", "X-Hypercare-Signature": signature,
                   "X-Hypercare-Delivery": f"{json.loads(raw)['sys_id']}-{count}"}  # fmt: skip
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            with suppress(aiohttp.ClientError, TimeoutError, OSError):
                await (await session.post(self.webhook_url, data=raw, headers=headers)).release()

    # Its page, for the sandbox.

    async def _page(self, _request: web.Request) -> web.Response:
        rows = "".join(map(self._row, self.incidents.values())) or "<p>There are no incidents yet.</p>"
        style = "body{font:15px sans-serif;margin:2em;max-width:60em}article{border-top:1px solid #ccc;padding:.7em 0}"
        page = f"<!doctype html><title>{self.group}</title><style>{style}</style><h1>{self.group}</h1>{rows}"
        return web.Response(text=page, content_type="text/html")

    def _row(self, incident: Json) -> str:
        number = incident["number"]
        talk = "".join(
            f"<li>{html.escape(PEOPLE.get(one['sys_created_by'], ''))} ({one['element'].replace('_', ' ')}): "
            f"{html.escape(one['value'])}</li>"
            for one in self.journal if one["element_id"] == incident["sys_id"]
        )  # fmt: skip
        moves = "".join(f'<button name="value" value="{value}">{label}</button> ' for value, label in STATES.items())
        who = PEOPLE.get(_user_of(incident["assigned_to"]), "unassigned")
        return (
            f'<article id="{number}"><h2>{number} · {html.escape(incident["short_description"])}</h2>'
            f"<p><b>{STATES[incident['state']]}</b> · impact {incident['impact']}, urgency {incident['urgency']} · "
            f"{html.escape(who)}</p><pre>{html.escape(incident['description'])}</pre><ul>{talk}</ul>"
            f'<form method="post" action="/play/{number}/move">{moves}</form>'
            f'<form method="post" action="/play/{number}/write"><input name="value" aria-label="Text" required> '
            f'<label><input type="checkbox" name="public"> caller reads it</label> <button>Write</button></form>'
            f"</article>"
        )

    async def _play(self, request: web.Request) -> web.Response:
        given, number = await request.post(), request.match_info["id"]
        with suppress(WrongCallError, StopIteration, KeyError):
            if request.match_info["act"] == "move":
                more = {"hold_reason": "1", "close_code": self.codes[0], "close_notes": "Done"}
                self.person_sets(number, state=str(given["value"]), **more)
            else:
                self.person_writes(number, str(given["value"]), public="public" in given)
        raise web.HTTPSeeOther(f"/#{number}")


def _wrong(wrong: WrongCallError) -> web.Response:
    error = {"message": wrong.message, "detail": wrong.detail}
    return web.json_response({"error": error, "status": "failure"}, status=wrong.status)


def _id_of(user: str) -> str:
    return hashlib.md5(user.encode(), usedforsecurity=False).hexdigest()


def _user_of(sys_id: str) -> str:
    return next((user for user in PEOPLE if _id_of(user) == sys_id), "")


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _shown(record: Mapping[str, str], name: str, shown: str) -> Any:
    """Return a field as it is asked for: its value, or with `all` what people read of it too."""
    value = str(record.get(name, ""))
    if name in JOURNALS:
        return {"value": "", "display_value": value} if shown == "all" else ""
    if shown != "all":
        return value
    return {"value": value, "display_value": STATES.get(value, value) if name == "state" else value}


def _fits(record: Mapping[str, str], query: str, now: datetime) -> bool:
    """Return whether a record fits an encoded query: conditions that all hold, each perhaps with an ^OR."""
    holds, before = True, True
    for term in (one for one in query.split("^") if one and not one.startswith("ORDERBY")):
        if term.startswith("OR"):
            before = before or _holds(record, term.removeprefix("OR"), now)
        else:
            holds, before = holds and before, _holds(record, term, now)
    return holds and before


def _holds(record: Mapping[str, str], term: str, now: datetime) -> bool:
    if "RELATIVEGE@minute@ago@" in term:
        name, _, minutes = term.partition("RELATIVEGE@minute@ago@")
        return record[name] >= _moment(now - timedelta(minutes=int(minutes)))
    if "STARTSWITH" in term:
        name, _, value = term.partition("STARTSWITH")
        return str(record.get(name, "")).startswith(value)
    name, found, value = term.partition("=")
    if found:
        return str(record.get(name, "")) == value
    name, found, value = term.partition("IN")
    if not found:
        raise WrongCallError(400, "Invalid query", term)
    return str(record.get(name, "")) in value.split(",")
