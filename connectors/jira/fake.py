"""A Jira to try the connector with: issues that live in memory, and signed webhooks about them.

It keeps to the paths and shapes of Atlassian's own description of REST v3, and of v2 as a Data Center answers. People
can be played through its methods or its page, and its faults can be chosen.
"""

import asyncio
import base64
import hashlib
import hmac
import html
import itertools
import json
import random
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from typing import Any

import aiohttp
from aiohttp import web

from connectors.faults import TrackerFault, TrackerLimit

Json = dict[str, Any]
STATUSES = {"To Do": "new", "In Progress": "indeterminate", "In Review": "indeterminate", "Done": "done"}
PRIORITIES = ("Highest", "High", "Medium", "Low", "Lowest")
BOT, TOKEN = "hypercare@example.com", "a token of the fake Jira"
CLIENT, SITE = "a client of the fake Jira", "11111111-2222-3333-4444-555555555555"
PEOPLE = {"acc-bot": "Hypercare", "acc-dev": "Dana Developer", "acc-sam": "Sam Okafor"}
RESOLUTIONS = ("Fixed", "Duplicate")
SUBTASK = "Sub-task"
CONDITION = re.compile(r'(labels|project|issuetype|statusCategory|created|updated) >?= "?([^"]+)"?')
CATEGORIES = {"2": "new", "4": "indeterminate", "3": "done"}
PAGE = 100  # issues that a search answers with at once
RIGHTS = ("CREATE_ISSUES", "EDIT_ISSUES", "TRANSITION_ISSUES", "ASSIGN_ISSUES", "ADD_COMMENTS", "CREATE_ATTACHMENTS",
          "USER_PICKER")  # fmt: skip


@dataclass
class FakeIssue:
    id: str
    key: str
    fields: Json
    comments: list[Json] = field(default_factory=list)


@dataclass
class RefusedCallError(Exception):
    status: int
    errors: Mapping[str, str] = field(default_factory=dict)
    messages: tuple[str, ...] = ()


class FakeJira:
    """A Jira with one project. `is_cloud` chooses v3 with ADF, else v2 with wiki markup; `is_desk` a service desk.

    With a `site` it takes only tokens of OAuth 2.0, and has its API where the Cloud has it then.
    """

    def __init__(
        self, project: str = "OPS", *, is_cloud: bool = True, is_desk: bool = False, secret: str = "", site: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC), seed: int = 0,
    ) -> None:  # fmt: skip
        self.project, self.is_cloud, self.is_desk, self.secret, self.now = project, is_cloud, is_desk, secret, now
        self.issues: dict[str, FakeIssue] = {}
        self.webhook_url = ""
        self.token, self.site = TOKEN, site
        self.granted: set[str] = set()  # tokens of OAuth 2.0 that have not ended
        self.fault: TrackerFault | None = None
        self.limit: TrackerLimit | None = None
        self.lacks: set[str] = set()  # rights
        self.needs: set[str] = set()  # custom fields that a new issue has to have
        self.asks_for: set[str] = set()  # fields that the transition to Done requires
        self.addresses: dict[str, str] = {}  # e-mail addresses that may be seen, by account
        self.no_way_to: set[str] = set()  # statuses to which no transition leads
        self.moves_to = ""  # the project to which a rule moves each new issue
        self.hidden: set[str] = set()  # projects that the account can't search
        self.unknown: set[str] = set()  # fields that are on no screen
        self.calls: list[str] = []
        self.duplicates = self.shuffles = self.drops = False  # of webhooks
        self._numbers, self._lot = itertools.count(1), random.Random(seed)  # noqa: S311 - no secret
        self._tokens = itertools.count(1)
        self._contents: dict[str, bytes] = {}  # of files
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: list[Json] = []
        self._runner: web.AppRunner | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self, port: int = 0) -> None:
        """Listen on a port of this machine."""
        self._loop = asyncio.get_running_loop()
        app = web.Application(middlewares=[self._around])
        rest = f"/ex/jira/{self.site}/rest" if self.site else "/rest"
        api, add = f"{rest}/api/{3 if self.is_cloud else 2}", app.router
        add.add_post("/oauth/token", self._grant)
        add.add_get(f"{api}/myself", self._myself)
        add.add_get(f"{api}/mypermissions", self._rights)
        add.add_get(f"{api}/priority", self._priorities)
        add.add_get(f"{api}/user", self._user)
        add.add_get(f"{api}/user/search", self._find_users)
        add.add_get(f"{api}/project/{{key}}", self._get_project)
        add.add_get(f"{api}/project/{{key}}/statuses", self._statuses)
        add.add_post(f"{api}/issue", self._create)
        add.add_get(f"{api}/issue/createmeta/{{key}}/issuetypes/{{type}}", self._fields)
        add.add_get(f"{api}/issue/{{id}}", self._get)
        add.add_put(f"{api}/issue/{{id}}", self._put)
        add.add_get(f"{api}/issue/{{id}}/comment", self._get_comments)
        add.add_post(f"{api}/issue/{{id}}/comment", self._post_comment)
        add.add_get(f"{api}/issue/{{id}}/transitions", self._get_transitions)
        add.add_post(f"{api}/issue/{{id}}/transitions", self._post_transition)
        add.add_post(f"{api}/issue/{{id}}/attachments", self._post_attachment)
        if self.is_cloud:
            add.add_get(f"{api}/attachment/content/{{id}}", self._get_content)
        else:
            add.add_get("/secure/attachment/{id}/{name}", self._get_content)
        add.add_post(f"{rest}/servicedeskapi/request/{{id}}/comment", self._post_desk_comment)
        if self.is_cloud:
            add.add_post(f"{api}/search/jql", self._search)
        else:
            add.add_get(f"{api}/search", self._search)
        add.add_get("/", self._page)
        add.add_get("/browse/{id}", self._page)
        add.add_post("/play/{id}/{act}", self._play)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._runner:
            await self._runner.cleanup()

    # What people do there.

    def person_moves(self, key: str, status: str, by: str = "acc-dev") -> None:
        """A person changes the status."""
        self._set(self._find(key), {"status": _status(status)}, by)

    def person_sets(self, key: str, by: str = "acc-dev", **fields: Any) -> None:
        """A person changes fields: `priority`, or `assignee` by account or None."""
        values: Json = {}
        if "priority" in fields:
            values["priority"] = {"name": fields["priority"]}
        if "assignee" in fields:
            values["assignee"] = self._person(fields["assignee"]) if fields["assignee"] else None
        self._set(self._find(key), values, by)

    def person_comments(self, key: str, text: str, by: str = "acc-dev", *, public: bool = False) -> str:
        """A person comments; in a service desk `public` is what the customer reads."""
        body: Any = text
        if self.is_cloud:
            body = {"version": 1, "type": "doc",
                    "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}]}  # fmt: skip
        # As Jira says it: where there is no service desk, every comment is marked as public.
        return str(self._comment(self._find(key), body, by, public=public if self.is_desk else True)["id"])

    def person_attaches(self, key: str, name: str, content: bytes, by: str = "acc-dev") -> None:
        self._attach(self._find(key), name, content, by)

    def person_deletes(self, key: str) -> None:
        issue = self._find(key)
        del self.issues[issue.id]
        self._tell("jira:issue_deleted", issue, "acc-dev")

    def person_renames(self, key: str, to: str) -> None:
        """An issue is moved to another project, where it has another key and the same id."""
        issue = self._find(key)
        issue.key = to
        issue.fields["project"] = self._project() | {"key": to.rpartition("-")[0]}
        self._touched(issue, "acc-dev")

    def texts(self, key: str) -> list[str]:
        """Return the plain words of all comments."""
        return [" ".join(_words(one["body"]).split()) for one in self._find(key).comments]

    def resend(self) -> None:
        """Send every webhook of before again, in any order."""
        bodies = [*self._held]
        self._lot.shuffle(bodies)
        for body in bodies:
            self._send(body)

    # How it answers.

    @web.middleware
    async def _around(self, request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
        """Check who asks, and do what goes wrong."""
        if not request.path.startswith(("/rest/", "/secure/", "/ex/")):
            return await handler(request)  # type: ignore[no-any-return]
        name = f"{request.method} {request.path}"
        if self.limit and (refusal := self.limit.refuse()):
            return refusal
        self.calls.append(name)
        fault = self.fault if self.fault and self.fault.hits(name) else None
        if fault and (instead := await fault.strike()):
            return instead
        if request.headers.get("Authorization") not in self._accepted():
            return web.json_response({"errorMessages": ["Client must be authenticated."]}, status=401)
        try:
            answer: web.StreamResponse = await handler(request)
        except RefusedCallError as no:
            body = {"errorMessages": list(no.messages), "errors": dict(no.errors)}
            answer = web.json_response(body, status=no.status)
        if fault and fault.lost and request.transport:
            request.transport.close()
        return answer

    def _accepted(self) -> set[str]:
        if self.site:
            return {f"Bearer {one}" for one in self.granted}
        basic = base64.b64encode(f"{BOT}:{self.token}".encode()).decode()
        return {f"Basic {basic}" if self.is_cloud else f"Bearer {self.token}"}

    async def _grant(self, request: web.Request) -> web.Response:
        """Give a token for an hour to the client that knows its secret, which is the token of the others."""
        asked = await request.json()
        if asked != {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": self.token}:
            return web.json_response({"error": "access_denied"}, status=401)
        token = f"token-{next(self._tokens)}"
        self.granted.add(token)
        return web.json_response({"access_token": token, "expires_in": 3600, "token_type": "Bearer"})

    async def _myself(self, _request: web.Request) -> web.Response:
        return web.json_response(self._person("acc-bot"))

    async def _rights(self, request: web.Request) -> web.Response:
        asked = request.query["permissions"].split(",")
        has = {*RIGHTS} - self.lacks
        return web.json_response({"permissions": {name: {"havePermission": name in has} for name in asked}})

    async def _priorities(self, _request: web.Request) -> web.Response:
        return web.json_response([{"name": name} for name in PRIORITIES])

    async def _user(self, request: web.Request) -> web.Response:
        id_ = request.query["accountId" if self.is_cloud else "username"]
        return web.json_response(self._person(id_), status=200 if id_ in PEOPLE else 404)

    async def _find_users(self, request: web.Request) -> web.Response:
        """Find people by the beginning of their names or of an address that may be seen."""
        asked = request.query["query" if self.is_cloud else "username"].casefold()
        names = {id_: (name, self.addresses.get(id_, "")) for id_, name in PEOPLE.items()}
        found = [id_ for id_, known in names.items() if any(one.casefold().startswith(asked) for one in known)]
        return web.json_response([self._person(one) for one in found])

    async def _get_project(self, request: web.Request) -> web.Response:
        found = request.match_info["key"] == self.project
        return web.json_response(self._project() if found else {}, status=200 if found else 404)

    async def _statuses(self, _request: web.Request) -> web.Response:
        statuses = [{"name": one} for one in STATUSES]
        kinds = ("Bug", "Task", SUBTASK)
        return web.json_response([{"id": str(number), "name": one, "subtask": one == SUBTASK, "statuses": statuses}
                                  for number, one in enumerate(kinds, 1)])  # fmt: skip

    async def _fields(self, _request: web.Request) -> web.Response:
        """Tell the fields of a new issue."""
        custom = {"customfield_1", "customfield_2", *self.needs}
        names = {"summary", "issuetype", "project", "description", "labels", "priority", *custom} - self.unknown
        found = [{"fieldId": name, "key": name, "name": name.capitalize(), "operations": ["set"],
                  "schema": {"type": "string"},
                  "required": name in {"summary", "issuetype", "project", *self.needs}, "hasDefaultValue": False,
                  **({"allowedValues": [{"name": one} for one in PRIORITIES]} if name == "priority" else {})}
                 for name in sorted(names)]  # fmt: skip
        return web.json_response({"fields" if self.is_cloud else "values": found, "total": len(found)})

    async def _create(self, request: web.Request) -> web.Response:
        given = (await request.json())["fields"]
        if given["project"]["key"] != self.project:
            raise RefusedCallError(400, {"project": "valid project is required"})
        if given["issuetype"]["name"] not in ("Bug", "Task", SUBTASK):
            raise RefusedCallError(400, {"issuetype": "Specify a valid issue type"})
        if wrong := self.unknown & {*given}:
            why = "cannot be set. It is not on the appropriate screen, or unknown."
            raise RefusedCallError(400, {name: f"Field '{name}' {why}" for name in wrong})
        if lacking := self.needs - {*given}:
            raise RefusedCallError(400, {name: f"{name} is required." for name in lacking})
        self._check_parent(given)
        if (given.get("priority") or {}).get("name", "Medium") not in PRIORITIES:
            raise RefusedCallError(400, {"priority": "The priority selected is invalid."})
        self._check_text(given.get("description"))
        number = next(self._numbers)
        fields = {"summary": given["summary"], "description": given.get("description"),
                  "labels": given.get("labels", []), "priority": given.get("priority") or {"name": "Medium"},
                  "status": _status("To Do"), "assignee": None, "attachment": [], "project": self._project(),
                  "parent": given.get("parent"), "issuetype": given["issuetype"], "created": self._moment(),
                  **{name: value for name, value in given.items() if name.startswith("customfield_")}}  # fmt: skip
        issue = FakeIssue(str(10_000 + number), f"{self.project}-{number}", fields)
        self.issues[issue.id] = issue
        self._touched(issue, "acc-bot", "jira:issue_created")
        if self.moves_to:
            self.person_renames(issue.key, f"{self.moves_to}-{number}")
        return web.json_response({"id": issue.id, "key": issue.key, "self": ""}, status=201)

    def _check_parent(self, given: Json) -> None:
        """Refuse a sub-task without an issue above it, and one below another sub-task; others take no parent here."""
        parent = given.get("parent")
        if (given["issuetype"]["name"] == SUBTASK) != bool(parent):
            why = "The parent is not valid for this type." if parent else "A sub-task needs a parent issue."
            raise RefusedCallError(400, {"issuetype": why})
        if parent and self._find(str(parent.get("id") or parent.get("key"))).fields.get("parent"):
            raise RefusedCallError(400, {"parentId": "A sub-task can't be the parent of another one."})

    async def _get(self, request: web.Request) -> web.Response:
        return web.json_response(self._shown(self._asked(request)))

    async def _put(self, request: web.Request) -> web.Response:
        issue, given = self._asked(request), (await request.json())["fields"]
        values: Json = {}
        if "priority" in given:
            if given["priority"]["name"] not in PRIORITIES:
                raise RefusedCallError(400, {"priority": "The priority selected is invalid."})
            values["priority"] = given["priority"]
        if "assignee" in given:
            account = (given["assignee"] or {}).get("accountId" if self.is_cloud else "name")
            if account and account not in PEOPLE:
                raise RefusedCallError(400, {"assignee": "User does not exist."})
            values["assignee"] = self._person(account) if account else None
        self._set(issue, values, "acc-bot")
        return _done()

    async def _get_comments(self, request: web.Request) -> web.Response:
        issue, start = self._asked(request), int(request.query.get("startAt", 0))
        page = issue.comments[start : start + int(request.query.get("maxResults", 50))]
        return web.json_response({"startAt": start, "total": len(issue.comments), "comments": page})

    async def _post_comment(self, request: web.Request) -> web.Response:
        issue, given = self._asked(request), await request.json()
        self._check_text(given["body"])
        return web.json_response(self._comment(issue, given["body"], "acc-bot", public=True), status=201)

    async def _post_desk_comment(self, request: web.Request) -> web.Response:
        issue, given = self._asked(request), await request.json()
        if not self.is_desk:
            raise RefusedCallError(404)
        body = given["body"]
        if self.is_cloud:
            content = [{"type": "paragraph", "content": [{"type": "text", "text": line}]}
                       for line in body.split("\n") if line]  # fmt: skip
            body = {"version": 1, "type": "doc", "content": content}
        made = self._comment(issue, body, "acc-bot", public=given["public"])
        return web.json_response({"id": made["id"], "public": given["public"]}, status=201)

    async def _get_transitions(self, request: web.Request) -> web.Response:
        issue = self._asked(request)
        return web.json_response({"transitions": self._transitions(issue)})

    async def _post_transition(self, request: web.Request) -> web.Response:
        issue, given = self._asked(request), await request.json()
        chosen = next((one for one in self._transitions(issue) if one["id"] == given["transition"]["id"]), None)
        if chosen is None:
            raise RefusedCallError(400, messages=("That is an illegal workflow operation.",))
        missing = {name for name, one in chosen["fields"].items() if one["required"]} - {*(given.get("fields") or {})}
        if missing:
            raise RefusedCallError(400, {name: f"{name} is required." for name in missing})
        self._set(issue, {"status": _status(chosen["to"]["name"])}, "acc-bot")
        return _done()

    async def _post_attachment(self, request: web.Request) -> web.Response:
        issue = self._asked(request)
        if request.headers.get("X-Atlassian-Token") != "no-check":
            raise RefusedCallError(403, messages=("XSRF check failed",))
        part = await (await request.multipart()).next()
        assert isinstance(part, aiohttp.BodyPartReader)
        name = _file_name(part.headers["Content-Disposition"])
        return web.json_response([self._attach(issue, name, bytes(await part.read()), "acc-bot")])

    async def _get_content(self, request: web.Request) -> web.Response:
        if self.is_cloud and request.query.get("redirect") != "false":
            raise web.HTTPSeeOther("https://api.media.example.com/file/1/binary")
        content = self._contents.get(request.match_info["id"])
        if content is None:
            raise RefusedCallError(404, messages=("The attachment was not found.",))
        return web.Response(body=content, content_type="application/octet-stream")

    async def _search(self, request: web.Request) -> web.Response:
        jql = (await request.json())["jql"] if self.is_cloud else request.query["jql"]
        projects = {self.project, *(issue.fields["project"]["key"] for issue in self.issues.values())} - self.hidden
        if wrong := {*re.findall(r'project = "([^"]+)"', jql)} - projects:
            why = f"The value '{wrong.pop()}' does not exist for the field 'project'."
            raise RefusedCallError(400, messages=(why,))
        found = [issue for issue in self.issues.values() if _fits(issue, jql, self.now())]
        found.sort(key=lambda issue: int(issue.id))
        given = await request.json() if self.is_cloud else request.query
        start, size = int(given.get("nextPageToken") or given.get("startAt") or 0), int(given.get("maxResults") or 50)
        answer: Json = {"issues": [{"id": issue.id} for issue in found[start : start + min(size, PAGE)]]}
        if not self.is_cloud:
            answer["total"] = len(found)
        elif len(found) > start + PAGE:
            answer["nextPageToken"] = str(start + PAGE)
        return web.json_response(answer)

    # Its page, for the sandbox.

    async def _page(self, _request: web.Request) -> web.Response:
        rows = "".join(map(self._row, self.issues.values())) or "<p>There are no issues yet.</p>"
        style = "body{font:15px sans-serif;margin:2em;max-width:60em}article{border-top:1px solid #ccc;padding:.7em 0}"
        page = f"<!doctype html><title>{self.project}</title><style>{style}</style><h1>{self.project}</h1>{rows}"
        return web.Response(text=page, content_type="text/html")

    def _row(self, issue: FakeIssue) -> str:
        fields = issue.fields
        moves = "".join(f'<button name="value" value="{name}">{name}</button> ' for name in STATUSES)
        talk = "".join(f"<li>{html.escape(one['author']['displayName'])}: {html.escape(_words(one['body']))}</li>"
                       for one in issue.comments)  # fmt: skip
        who = (fields["assignee"] or {}).get("displayName", "unassigned")
        public = '<label><input type="checkbox" name="public"> customer reads it</label> ' if self.is_desk else ""
        return (
            f'<article id="{issue.key}"><h2>{issue.key} · {html.escape(fields["summary"])}</h2>'
            f"<p><b>{fields['status']['name']}</b> · {fields['priority']['name']} · {html.escape(who)}</p>"
            f"<pre>{html.escape(_words(fields['description']))}</pre><ul>{talk}</ul>"
            f'<form method="post" action="/play/{issue.key}/move">{moves}</form>'
            f'<form method="post" action="/play/{issue.key}/comment">'
            f'<input name="value" aria-label="Comment" required> '
            f"{public}<button>Comment</button></form></article>"
        )

    async def _play(self, request: web.Request) -> web.Response:
        given, key = await request.post(), request.match_info["id"]
        with suppress(RefusedCallError, KeyError):
            if request.match_info["act"] == "move":
                self.person_moves(key, str(given["value"]))
            else:
                self.person_comments(key, str(given["value"]), public="public" in given)
        raise web.HTTPSeeOther(f"/#{key}")

    # What it keeps.

    def _find(self, name: str) -> FakeIssue:
        for issue in self.issues.values():
            if name in (issue.id, issue.key):
                return issue
        raise RefusedCallError(404, messages=("Issue does not exist or you do not have permission to see it.",))

    def _asked(self, request: web.Request) -> FakeIssue:
        return self._find(request.match_info["id"])

    def _project(self) -> Json:
        return {"key": self.project, "projectTypeKey": "service_desk" if self.is_desk else "software"}

    def _person(self, id_: str) -> Json:
        name = {"accountId": id_} if self.is_cloud else {"name": id_}
        address = {"emailAddress": self.addresses[id_]} if id_ in self.addresses else {}
        return {**name, **address, "displayName": PEOPLE.get(id_, id_)}

    def _shown(self, issue: FakeIssue) -> Json:
        return {"id": issue.id, "key": issue.key, "fields": issue.fields}

    def _check_text(self, text: Any) -> None:
        """Refuse text of the other kind, as Jira does."""
        if self.is_cloud and text is not None and not (isinstance(text, dict) and text.get("type") == "doc"):
            raise RefusedCallError(400, {"description": "Operation value must be an Atlassian Document"})
        if not self.is_cloud and not isinstance(text, str | None):
            raise RefusedCallError(400, {"description": "Operation value must be a string"})

    def _transitions(self, issue: FakeIssue) -> list[Json]:
        """Return where an issue may go: any status but its own, with ids that say nothing."""
        here = issue.fields["status"]["name"]
        names = [name for name in STATUSES if name not in (here, *self.no_way_to)]
        return [{"id": str(11 + 10 * number), "name": f"Move {number}", "to": _status(name),
                 "fields": self._asked_on_the_way() if name == "Done" else {}}
                for number, name in enumerate(names)]  # fmt: skip

    def _asked_on_the_way(self) -> Json:
        """Return the fields that the transition to Done shows."""
        allowed = {"resolution": {"allowedValues": [{"name": one} for one in RESOLUTIONS]}}
        return {
            name: {"required": name in self.asks_for, "hasDefaultValue": False, "key": name, "name": name.capitalize(),
                   "operations": ["set"], "schema": {"type": "string"}, **allowed.get(name, {})}
            for name in {"resolution", *self.asks_for}
        }  # fmt: skip

    def _set(self, issue: FakeIssue, values: Json, by: str) -> None:
        issue.fields.update(values)
        self._touched(issue, by)

    def _comment(self, issue: FakeIssue, body: Any, by: str, *, public: bool) -> Json:
        made = {"id": str(20_000 + next(self._numbers)), "author": self._person(by), "body": body}
        if self.is_cloud or self.is_desk:
            made["jsdPublic"] = public
        issue.comments.append(made)
        self._touched(issue, by, "comment_created")
        return made

    def _attach(self, issue: FakeIssue, name: str, content: bytes, by: str) -> Json:
        made = {"id": str(30_000 + next(self._numbers)), "filename": name, "size": len(content),
                "author": self._person(by)}  # fmt: skip
        self._contents[str(made["id"])] = content
        issue.fields["attachment"].append(made)
        self._touched(issue, by)
        return made

    def _touched(self, issue: FakeIssue, by: str, event: str = "jira:issue_updated") -> None:
        issue.fields["updated"] = self._moment()
        self._tell(event, issue, by)

    def _moment(self) -> str:
        return self.now().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"

    # Webhooks.

    def _tell(self, event: str, issue: FakeIssue, by: str) -> None:
        body = {"webhookEvent": event, "user": self._person(by), "issue": json.loads(json.dumps(self._shown(issue)))}
        self._held.append(body)
        if not self.drops:
            self._send(body)
            if self.duplicates:
                self._send(body)

    def _send(self, body: Json) -> None:
        if self.webhook_url and self._loop:
            self._loop.call_soon_threadsafe(self._begin, json.dumps(body).encode(), str(self._held.index(body)))

    def _begin(self, raw: bytes, name: str) -> None:
        task = asyncio.ensure_future(self._deliver(raw, name))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, raw: bytes, name: str) -> None:
        """Send a webhook up to three times, as Jira does where no good answer comes."""
        if self.shuffles:
            await asyncio.sleep(self._lot.random() / 20)
        signature = hmac.new(self.secret.encode(), raw, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature": f"sha256={signature}", "Content-Type": "application/json",
                   "X-Atlassian-Webhook-Identifier": f"{self.port}-{name}"}  # fmt: skip
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            for _attempt in range(3):
                with suppress(aiohttp.ClientError, TimeoutError, OSError):
                    async with session.post(self.webhook_url, data=raw, headers=headers) as answer:
                        if answer.status < 300:
                            return
                await asyncio.sleep(0.2)


def _done() -> web.Response:
    """Return an empty answer, which Jira says is JSON."""
    return web.Response(status=204, content_type="application/json")


def _status(name: str) -> Json:
    return {"name": name, "statusCategory": {"key": STATUSES[name]}}


def _file_name(disposition: str) -> str:
    """Return a file's name as it stands there, with the signs that Jira allows in none replaced; %20 stays %20."""
    header = Message()
    header["Content-Disposition"] = disposition
    return re.sub(r'[\\/":?*|<>%]', "_", str(header.get_filename()))


def _words(body: Any) -> str:
    """Return the words of a text of either kind."""
    if isinstance(body, Mapping):
        parts = [_words(one) for one in body.get("content") or ()]
        own = str(body.get("text") or ("\n" if body.get("type") == "hardBreak" else ""))
        return own + ("\n" if body.get("type") == "doc" else "").join(parts)
    return str(body or "")


def _fits(issue: FakeIssue, jql: str, now: datetime) -> bool:
    """Return whether an issue fits all conditions; one that is not known here is refused."""
    fields = issue.fields
    for condition in jql.partition(" ORDER BY ")[0].split(" AND "):
        found = CONDITION.fullmatch(condition)
        if found is None:
            raise RefusedCallError(400, messages=(f"Error in the JQL Query: {condition}",))
        name, value = found[1], found[2]
        if name == "labels" and value not in fields["labels"]:
            return False
        if name == "project" and value != fields["project"]["key"]:
            return False
        if name == "issuetype" and value != fields["issuetype"]["name"]:
            return False
        if name == "statusCategory" and CATEGORIES[value] != fields["status"]["statusCategory"]["key"]:
            return False
        if name in ("created", "updated"):
            at = datetime.strptime(fields[name], "%Y-%m-%dT%H:%M:%S.%f%z")
            if (now - at).total_seconds() > int(value.strip("-m")) * 60:
                return False
    return True
