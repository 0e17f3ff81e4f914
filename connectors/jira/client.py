"""Calls to Jira: Cloud with an account's API token or OAuth 2.0, Data Center with a personal access token.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/ and
https://docs.atlassian.com/software/jira/docs/api/REST/8.20.0/
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import aiohttp

from connectors.calls import call, check_count, fetch_if_there, new_session, refuse
from connectors.jira.adf import read_adf, write_adf
from connectors.jira.wiki import read_wiki, write_wiki
from connectors.markup import read_mrkdwn, write_mrkdwn
from connectors.oauth import ClientTokens
from connectors.tracker import TrackerError
from domain import foreign
from domain.connectors.issue import (
    Category,
    Issue,
    IssueChange,
    IssueComment,
    IssueFile,
    IssuePerson,
    NewIssue,
    StatusWish,
)
from domain.connectors.merging import wish
from domain.connectors.settings import Connection
from domain.text import one_line
from domain.tickets.status import Status

FIELDS = "summary,status,priority,assignee,updated,project,attachment"
CATEGORIES = {
    "new": Category.OPEN,
    "undefined": Category.OPEN,
    "indeterminate": Category.STARTED,
    "done": Category.DONE,
}
API, TOKENS = "https://api.atlassian.com", "https://auth.atlassian.com/oauth/token"  # of all sites, with OAuth 2.0
BROWSE = "USER_PICKER"  # the right to find people
NOT_BEGUN, BEGUN = 2, 4  # ids of categories of statuses, which have names in each language
SERVICE_DESK = "service_desk"
PAGE = 100
Body = dict[str, Any]


class JiraClient:
    """One Jira. `user` is the account's e-mail address in the Cloud, and empty in a Data Center.

    With `oauth`, the id of a client of OAuth 2.0 and of the site, `token` is the secret of that client. It is the Cloud
    then. The text of issues is ADF in the Cloud and wiki markup in a Data Center.
    """

    label = "Jira"
    has_subtasks = True
    keys_name_projects = True

    def __init__(
        self, address: str, user: str, token: str, proxy: str | None = None, oauth: tuple[str, str] | None = None
    ) -> None:  # fmt: skip
        self._address, self._is_cloud = address.rstrip("/"), bool(user or oauth)
        self._rest = f"{API}/ex/jira/{quote(oauth[1])}/rest" if oauth else f"{self._address}/rest"
        self._api = f"{self._rest}/api/{3 if self._is_cloud else 2}"
        basic = b64encode(f"{user}:{token}".encode()).decode()
        authorization = "" if oauth else f"Basic {basic}" if user else f"Bearer {token}"
        self._session = new_session(authorization, proxy)
        self._tokens = ClientTokens(TOKENS, oauth[0], token, self._session) if oauth else None
        self._me = ""

    async def close(self) -> None:
        await self._session.close()

    async def create(self, new: NewIssue) -> str:
        fields: Body = {
            "project": {"key": new.project}, "issuetype": {"name": new.issue_type}, "summary": new.summary,
            "description": self._text(new.text), "labels": [new.label], **_values(new.fields),
        }  # fmt: skip
        if new.parent:
            fields["parent"] = {"id": new.parent}
        if new.priority:
            fields["priority"] = {"name": new.priority}
        made = await self._call("POST", f"{self._api}/issue", json={"fields": fields})
        return str(made["id"])

    async def find(self, label: str, span: timedelta) -> str | None:
        since = f'created >= "-{_minutes(span)}m"'
        found = await self._search(f'labels = "{label}" AND {since} ORDER BY created ASC')
        return found[0] if found else None

    async def find_account(self, address: str) -> str:
        """Search by the address; an account whose address Jira hides may be that of another person, so it is none."""
        name = "query" if self._is_cloud else "username"
        found = await self._call("GET", f"{self._api}/user/search?{name}={quote(address, safe='')}")
        if not isinstance(found, list):
            raise TypeError("no list")
        same = {one.id for one in map(_person, found) if one.address.casefold() == address.casefold()}
        return same.pop() if len(same) == 1 else ""

    async def changed(self, project: str, span: timedelta) -> list[str]:
        """Return the issues; the span is relative, since Jira reads moments in the time zone of the account."""
        since = f'updated >= "-{_minutes(span)}m"'
        return await self._search(f'project = "{project}" AND {since} ORDER BY updated ASC')

    async def read(self, id_: str) -> Issue | None:
        me = await self._account()
        try:
            given = await self._call("GET", f"{self._issue(id_)}?fields={FIELDS}")
            comments = await self._comments(str(given["id"]))
        except TrackerError as error:
            if error.failure.reason == "http_404":
                return None
            raise
        return _issue(given, comments, me, self._address, read=self._read)

    async def update(self, issue: Issue, change: IssueChange) -> None:
        fields: Body = {}
        if change.priority is not None:
            fields["priority"] = {"name": change.priority}
        if change.assignee is not None:
            name = "accountId" if self._is_cloud else "name"
            fields["assignee"] = {name: change.assignee} if change.assignee else None
        if fields:
            await self._call("PUT", self._issue(issue.id), json={"fields": fields})

    async def transition(self, issue: Issue, change: IssueChange) -> None:
        """Choose a transition by where it leads, since their names and ids differ from project to project."""
        wanted = change.status
        if wanted is None or wanted.fits(issue.status, issue.category):
            return
        place = f"{self._issue(issue.id)}/transitions"
        found = (await self._call("GET", f"{place}?expand=transitions.fields"))["transitions"]
        fitting = [one for one in found if wanted.fits(str(one["to"]["name"]), _category(one["to"]))]
        if not fitting:
            goal = " or ".join(wanted.names) or wanted.category
            refuse("no_transition", f"No transition leads from {issue.status} to {goal}.")
        required = {one["id"]: _required(one) for one in fitting}
        ready = next((one for one in fitting if required[one["id"]] <= {*wanted.values}), None)
        if ready is None:
            asked = ", ".join(sorted(min(required.values(), key=len) - {*wanted.values}))
            refuse("field_required", f"The transition to {fitting[0]['to']['name']} asks for {asked}.")
        values = _values({name: wanted.values[name] for name in required[ready["id"]]})
        body = {"transition": {"id": ready["id"]}} | ({"fields": values} if values else {})
        await self._call("POST", place, json=body)

    async def comment(self, issue: Issue, text: str, *, public: bool) -> str:
        """Add a comment; that of a service desk by its own API, the only one that can make it internal."""
        if issue.has_customers:
            place = f"{self._rest}/servicedeskapi/request/{quote(issue.key)}/comment"
            body: Body = {"body": write_wiki(read_mrkdwn(text)), "public": public}
        else:
            place, body = f"{self._issue(issue.id)}/comment", {"body": self._text(text)}
        return str((await self._call("POST", place, json=body))["id"])

    def as_read(self, issue: Issue, text: str) -> str:
        return self._read(write_wiki(read_mrkdwn(text)) if issue.has_customers else self._text(text))

    async def attach(self, issue: Issue, name: str, content: bytes) -> str:
        form = aiohttp.FormData(quote_fields=False)  # Jira would keep %20 and the like as part of the name
        form.add_field("file", content, filename=one_line(name), content_type="application/octet-stream")
        made = await self._call(
            "POST", f"{self._issue(issue.id)}/attachments", data=form, headers={"X-Atlassian-Token": "no-check"}
        )
        return str(made[0]["id"])

    async def content(self, file: str, limit: int) -> bytes | None:
        """Return the bytes of an attachment; what the Cloud redirects to would not take the token."""
        if self._is_cloud:
            place = f"{self._api}/attachment/content/{quote(file)}?redirect=false"
        else:
            place = f"{self._address}/secure/attachment/{quote(file)}/file"
        return await fetch_if_there(self._session, place, limit, headers=await self._headers())

    async def check(self, connection: Connection) -> list[str]:
        """Try the account, the project, the issue type, the priorities, the statuses and the people."""
        missing = list[str]()
        await self._account()
        project = await self._optional(f"{self._api}/project/{quote(connection.project)}")
        if project is None:
            return [f"There is no project {connection.project}, or the account can't see it."]
        kinds = await self._optional(f"{self._api}/project/{quote(connection.project)}/statuses") or []
        known = {
            str(one["name"]): {str(status["name"]) for status in one["statuses"]}
            for one in kinds
            if not one.get("subtask")
        }
        if connection.issue_type not in known:
            missing.append(f"{connection.project} has no issue type {connection.issue_type}: {', '.join(known)}.")
        below = {str(one["name"]) for one in kinds if one.get("subtask")}
        if connection.subtask_type and connection.subtask_type not in below:
            missing.append(f"{connection.project} has no type {connection.subtask_type}, which `subtask_type` names.")
        there = {name.casefold() for name in known.get(connection.issue_type, set())}
        missing += [
            f"{connection.issue_type} has no status {name}, which `statuses` names."
            for names in connection.statuses.values() for name in names if there and name.casefold() not in there
        ]  # fmt: skip
        priorities = {str(one["name"]).casefold() for one in await self._optional(f"{self._api}/priority") or []}
        missing += [
            f"There is no priority {name}, which `severities` names."
            for name in connection.priorities.values() if name.casefold() not in priorities
        ]  # fmt: skip
        ids = {str(one["name"]): str(one["id"]) for one in kinds if "id" in one}
        missing += await self._missing_fields(connection, ids.get(connection.issue_type, ""))
        missing += await self._missing_transitions(connection)
        named = "accountId" if self._is_cloud else "username"
        for person, account in connection.people.items():
            if await self._optional(f"{self._api}/user?{named}={quote(account)}") is None:
                missing.append(f"There is no account {account}, which `people` names for {person}.")
        rights = f"CREATE_ISSUES,EDIT_ISSUES,TRANSITION_ISSUES,ASSIGN_ISSUES,ADD_COMMENTS,CREATE_ATTACHMENTS,{BROWSE}"
        asked = f"{self._api}/mypermissions?projectKey={quote(connection.project)}&permissions={rights}"
        given = (await self._optional(asked) or {}).get("permissions") or {}
        lacking = [name for name, one in given.items() if not one["havePermission"]]
        missing += [f"The account lacks the right {name}." for name in lacking if name != BROWSE]
        if BROWSE in lacking:
            missing.append(f"The account lacks the right {BROWSE}, so no assignee is found by an e-mail address.")
        return missing

    async def _missing_fields(self, connection: Connection, type_id: str) -> list[str]:
        """Try the fields of a new issue: those that the settings name, those that we fill, and those that it needs."""
        place = f"{self._api}/issue/createmeta/{quote(connection.project)}/issuetypes/{quote(type_id)}"
        found = await self._optional(f"{place}?maxResults=200") if type_id else None
        listed = (found.get("fields") or found.get("values") or ()) if found else ()  # Cloud and Data Center
        known = {str(one["fieldId"]): one for one in listed}
        if not known:
            return []
        kind, needed = connection.issue_type, ("summary", "description", "labels")
        missing = [f"A new {kind} has no field {name}, which Hypercare fills." for name in needed if name not in known]
        for name, value in connection.fields.items():
            if name not in known:
                missing.append(f"A new {kind} has no field {name}, which `fields` names.")
            elif not _is_choice(known[name], value):
                missing.append(f"{name} of a new {kind} can't be {value}, which `fields` gives.")
        filled = {*needed, *connection.fields, "project", "issuetype", "reporter", "priority"}
        missing += [f"A new {kind} needs {one.get('name') or name}. Give {name} in `fields`."
                    for name, one in known.items() if name in _required({"fields": known}) - filled]  # fmt: skip
        return missing

    async def _missing_transitions(self, connection: Connection) -> list[str]:
        """Try the transitions of the newest issues: of one that is not begun, and of one that is."""
        missing = dict[str, None]()
        for category, to in ((NOT_BEGUN, Status.INVESTIGATING), (BEGUN, Status.RESOLVED)):
            jql = f'project = "{connection.project}" AND issuetype = "{connection.issue_type}"'
            newest = await self._search(f"{jql} AND statusCategory = {category} ORDER BY created DESC", most=1)
            for id_ in newest:
                place = f"{self._issue(id_)}/transitions?expand=transitions.fields"
                found = (await self._optional(place) or {}).get("transitions") or ()
                missing |= dict.fromkeys(_missing_ways(found, wish(connection, to)))
        return [*missing]

    async def _optional(self, address: str) -> Any:
        """Return what is there; None when it is not, or hidden."""
        try:
            return await self._call("GET", address)
        except TrackerError as error:
            if error.is_refusal:
                return None
            raise

    async def _account(self) -> str:
        """Return the id of the account that Hypercare uses there."""
        if not self._me:
            self._me = _person(await self._call("GET", f"{self._api}/myself")).id
        return self._me

    async def _search(self, jql: str, most: int = 0) -> list[str]:
        """Return the ids of the issues; with `most` no more than these."""
        found, page, size = list[str](), Body(), most or PAGE
        while True:
            if self._is_cloud:
                asked = {"jql": jql, "fields": ["id"], "maxResults": size, **page}
                answer = await self._call("POST", f"{self._api}/search/jql", json=asked)
            else:
                asked = {"jql": jql, "fields": "id", "maxResults": str(size), "startAt": str(len(found))}
                answer = await self._call("GET", f"{self._api}/search", params=asked)
            issues = answer["issues"]
            found += [str(one["id"]) for one in issues]
            check_count(found)
            page = {"nextPageToken": answer.get("nextPageToken")}
            is_last = not page["nextPageToken"] if self._is_cloud else len(found) >= int(answer.get("total") or 0)
            if is_last or not issues or most:
                return found

    async def _comments(self, id_: str) -> list[Body]:
        found = list[Body]()
        while True:
            place = f"{self._issue(id_)}/comment?startAt={len(found)}&maxResults={PAGE}&orderBy=created"
            answer = await self._call("GET", place)
            found += answer["comments"]
            check_count(found)
            if not answer["comments"] or len(found) >= int(answer.get("total") or 0):
                return found

    def _issue(self, id_: str) -> str:
        return f"{self._api}/issue/{quote(id_)}"

    def _text(self, mrkdwn: str) -> Any:
        document = read_mrkdwn(mrkdwn)
        return write_adf(document) if self._is_cloud else write_wiki(document)

    def _read(self, body: Any) -> str:
        return write_mrkdwn(read_adf(body) if isinstance(body, Mapping) else read_wiki(body))

    async def _call(self, method: str, address: str, **given: Any) -> Any:
        headers = await self._headers() | given.pop("headers", {})
        try:
            return await call(self._session, method, address, _said, headers=headers, **given)
        except TrackerError as error:
            if self._tokens and error.failure.reason == "http_401":
                self._tokens.forget(headers["Authorization"].removeprefix("Bearer "))
            raise

    async def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {await self._tokens.get()}"} if self._tokens else {}


def _said(body: str) -> str:
    """Return what Jira says is wrong: its messages, and one for each field."""
    try:
        given = json.loads(body)
    except ValueError:
        return ""
    messages, fields = foreign.table(given).get("errorMessages"), foreign.table(foreign.table(given).get("errors"))
    told = [*(messages if isinstance(messages, list) else ()), *(f"{name}: {why}" for name, why in fields.items())]
    return " ".join(map(str, told))[:300]


def _issue(given: Body, comments: Iterable[Body], me: str, address: str, *, read: Any) -> Issue:
    fields = given["fields"]
    assignee = fields.get("assignee")
    is_desk = (fields.get("project") or {}).get("projectTypeKey") == SERVICE_DESK
    return Issue(
        id=str(given["id"]), key=str(given["key"]), link=f"{address}/browse/{given['key']}",
        status=str(fields["status"]["name"]), category=_category(fields["status"]),
        priority=str((fields.get("priority") or {}).get("name") or ""),
        assignee=_person(assignee, me) if assignee else None, updated_at=_moment(fields.get("updated")),
        has_customers=is_desk,
        comments=tuple(
            IssueComment(
                id=str(one["id"]), author=_person(one.get("author") or {}, me), text=read(one.get("body")),
                is_public=is_desk and one.get("jsdPublic") is True and not one.get("visibility"),
            )
            for one in comments
        ),
        files=tuple(
            IssueFile(str(one["id"]), str(one["filename"]), f"{address}/browse/{given['key']}",
                      _person(one.get("author") or {}, me), int(one.get("size") or 0))
            for one in fields.get("attachment") or ()
        ),
    )  # fmt: skip


def _category(status: Mapping[str, Any]) -> Category:
    return CATEGORIES.get(str((status.get("statusCategory") or {}).get("key")), Category.STARTED)


def _person(given: Mapping[str, Any], me: str = "") -> IssuePerson:
    """Return a person; the address of a customer, who only uses a portal, may not have been checked."""
    id_ = str(given.get("accountId") or given.get("name") or "")
    address = "" if given.get("accountType") == "customer" else str(given.get("emailAddress") or "")
    return IssuePerson(id_, str(given.get("displayName") or id_), is_us=bool(me) and id_ == me, address=address)


def _minutes(span: timedelta) -> int:
    return max(1, int(span.total_seconds() // 60) + 1)


def _moment(text: str | None) -> datetime | None:
    """Return a moment such as 2026-11-28T09:00:00.000+0000."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z") if text else None


def _required(transition: Mapping[str, Any]) -> set[str]:
    fields = transition.get("fields") or {}
    return {name for name, one in fields.items() if one.get("required") and not one.get("hasDefaultValue")}


def _is_choice(field: Mapping[str, Any], value: str) -> bool:
    """Return whether a field can have that value; one without a list of values can have any."""
    allowed = field.get("allowedValues") or ()
    return not allowed or value in {str(one.get(name)) for one in allowed for name in ("name", "value", "id")}


def _missing_ways(transitions: Iterable[Mapping[str, Any]], wanted: StatusWish) -> Iterator[str]:
    """Say why an issue can't go where the settings want it, if none of these transitions does."""
    goal = " or ".join(wanted.names) or wanted.category
    fitting = [one for one in transitions if wanted.fits(str(one["to"]["name"]), _category(one["to"]))]
    if not fitting:
        yield f"No transition leads to {goal} from where the newest issue is. Name another status in `statuses`."
    lacking = [_required(one) - {*wanted.values} for one in fitting]
    if fitting and all(lacking):
        fewest = min(lacking, key=len)
        asked = ", ".join(sorted(fewest))
        yield f"The transition to {fitting[0]['to']['name']} asks for {asked}. Give it in `transition_fields`."
    fields = {name: one for way in fitting for name, one in (way.get("fields") or {}).items()}
    for name, value in wanted.values.items():
        if name in fields and not _is_choice(fields[name], value):
            yield f"{name} can't be {value}, which `transition_fields` gives."


def _values(given: Mapping[str, str]) -> Body:
    """Return fields as Jira takes them: those that are chosen by name, and texts of custom fields."""
    by_name = {"resolution", "priority", "security"}
    many = {"components", "fixVersions", "versions"}
    return {
        name: {"name": value} if name in by_name else [{"name": value}] if name in many else value
        for name, value in given.items()
    }
