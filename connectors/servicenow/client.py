"""Calls to ServiceNow's Table API and Attachment API, with an account's name and password.

https://www.servicenow.com/docs/bundle/zurich-api-reference/page/integrate/inbound-rest/concept/c_TableAPI.html
"""

import hashlib
import json
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from connectors.calls import call, check_count, fetch_if_there, new_session, refuse
from connectors.servicenow.text import read_plain, write_plain
from connectors.tracker import TrackerError
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
from domain.connectors.settings import Connection

FIELDS = (
    "sys_id,number,state,impact,urgency,assigned_to.user_name,assigned_to.name,assigned_to.email,sys_updated_on,"
    "comments,work_notes"
)
COMMENTS, WORK_NOTES = "comments", "work_notes"  # the first are read by the caller, the second by the team
ON_HOLD, RESOLVED, CLOSED = "3", "6", "7"
CATEGORIES = {"1": Category.OPEN, "2": Category.STARTED, ON_HOLD: Category.STARTED, RESOLVED: Category.DONE,
              CLOSED: Category.DONE, "8": Category.DONE}  # fmt: skip
USUAL_STATES = {Category.OPEN: "1", Category.STARTED: "2", Category.DONE: RESOLVED}
REQUIRED = {ON_HOLD: ("hold_reason",), RESOLVED: ("close_code", "close_notes"), CLOSED: ("close_code", "close_notes")}
USUAL_NOTES = "Resolved in Hypercare."
LISTS = "state", "close_code", "hold_reason"
SYS_ID, PAIR = re.compile(r"[0-9a-f]{32}"), re.compile(r"([1-9])\s*/\s*([1-9])")
MAX_SUMMARY, PAGE, MAX_PEOPLE = 160, 100, 1000
LOOKED_AT = 20  # incidents, for one with a comment
HEAD = re.compile(  # what stands above each entry of a field: when, by whom, and the label of the field
    r"(?:^|\n\n)\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4} \d{1,2}[:.]\d{2}[:.]\d{2}(?: ?[AaPp][Mm])?"
    r" - (?P<name>[^\n]+) \([^()\n]+\)\n"
)
NO_JOURNAL = (
    "The account can't read sys_journal_field. Comments and work notes are read from the fields of the incident, which "
    "name their authors without an account: a person with the same name as Hypercare's account is not heard."
)
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Choice:
    element: str
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class _Entry:
    """A comment or a work note. Its id is made of what it says, so it is the same wherever the entry was read."""

    id: str
    element: str
    user: str
    text: str


class ServiceNowClient:
    """One instance of ServiceNow. People are known by their user names, and incidents by their sys_ids."""

    label = "ServiceNow"
    has_subtasks = False
    keys_name_projects = False

    def __init__(self, address: str, user: str, token: str, proxy: str | None = None) -> None:
        self._address, self._user = address.rstrip("/"), user
        self._session = new_session(f"Basic {b64encode(f'{user}:{token}'.encode()).decode()}", proxy)
        self._people: dict[str, tuple[str, str]] = {}  # names and addresses, by user name

    async def close(self) -> None:
        await self._session.close()

    async def create(self, new: NewIssue) -> str:
        group = await self._first("sys_user_group", f"name={_plain(new.project)}", "sys_id")
        if group is None:
            refuse("no_group", f"There is no group {new.project}, or the account can't see it.")
        fields = {
            "short_description": new.summary[:MAX_SUMMARY], "description": write_plain(new.text),
            "correlation_id": new.label, "correlation_display": "Hypercare", "assignment_group": group["sys_id"],
            **(_impact_and_urgency(new.priority) if new.priority else {}), **new.fields,
        }  # fmt: skip
        made = await self._call("POST", "table/incident?sysparm_fields=sys_id", json=fields)
        return str(made["sys_id"])

    async def find(self, label: str, span: timedelta) -> str | None:
        since = f"sys_created_onRELATIVEGE@minute@ago@{_minutes(span)}"
        query = f"correlation_id={_plain(label)}^{since}^ORDERBYsys_created_on"
        found = await self._first("incident", query, "sys_id")
        return str(found["sys_id"]) if found else None

    async def find_account(self, address: str) -> str:
        found = await self._all("sys_user", f"email={_plain(address)}^active=true", "user_name")
        names = {str(one["user_name"]) for one in found}
        return names.pop() if len(names) == 1 else ""

    async def changed(self, project: str, span: timedelta) -> list[str]:
        """Return the incidents; the span is relative, since ServiceNow reads moments in the account's time zone."""
        ours = f"assignment_group.name={_plain(project)}^ORcorrelation_idSTARTSWITHhypercare-"
        query = f"{ours}^sys_updated_onRELATIVEGE@minute@ago@{_minutes(span)}^ORDERBYsys_updated_on"
        return list(dict.fromkeys(str(one["sys_id"]) for one in await self._all("incident", query, "sys_id")))

    async def read(self, id_: str) -> Issue | None:
        query = f"sys_id={id_}" if SYS_ID.fullmatch(id_) else f"number={_plain(id_)}"
        given = await self._first("incident", query, FIELDS, shown="all")
        if given is None:
            return None
        sys_id = given["sys_id"]["value"]
        journal = await self._journal(given)
        files = await self._call("GET", f"attachment?sysparm_query=table_sys_id={sys_id}&sysparm_limit=1000")
        await self._learn_people(str(one["sys_created_by"]) for one in files)
        return self._issue(given, journal, files)

    async def update(self, issue: Issue, change: IssueChange) -> None:
        fields: dict[str, str] = {}
        if change.priority is not None:
            fields |= _impact_and_urgency(change.priority)
        if change.assignee is not None:
            fields["assigned_to"] = await self._sys_id_of(change.assignee) if change.assignee else ""
        if fields:
            await self._change(issue, fields)

    async def transition(self, issue: Issue, change: IssueChange) -> None:
        """Set the state with what it requires; the lists of values are those of the instance."""
        wanted = change.status
        if wanted is None or wanted.fits(issue.status, issue.category):
            return
        choices = await self._choices()
        state = _state(wanted, choices)
        if state is None:
            refuse("no_transition", f"There is no state {' or '.join(wanted.names)}.")
        fields = {"state": state}
        for name in REQUIRED.get(state, ()):
            value = wanted.values.get(name) or (USUAL_NOTES if name == "close_notes" else "")
            if not value:
                refuse("field_required", f"The state {_label(state, choices)} asks for {name}.")
            fields[name] = _value(name, value, choices)
        await self._change(issue, fields)

    async def comment(self, issue: Issue, text: str, *, public: bool) -> str:
        """Add a comment, which the caller reads, or a work note; an entry that can't be read back has no id of ours."""
        element, words = COMMENTS if public else WORK_NOTES, write_plain(text)
        await self._change(issue, {element: words})
        given = await self._first("incident", f"sys_id={issue.id}", "sys_id,comments,work_notes", shown="all")
        mine = (one for one in reversed(await self._journal(given) if given else [])
                if one.element == element and one.user == self._user)  # fmt: skip
        return next((one.id for one in mine if one.text == read_plain(words)), "not read back")

    def as_read(self, issue: Issue, text: str) -> str:  # noqa: ARG002 - all incidents have plain text
        return read_plain(write_plain(text))

    async def attach(self, issue: Issue, name: str, content: bytes) -> str:
        place = f"attachment/file?table_name=incident&table_sys_id={issue.id}&file_name={quote(name, safe='')}"
        made = await self._call("POST", place, data=content, headers={"Content-Type": "application/octet-stream"})
        return str(made["sys_id"])

    async def content(self, file: str, limit: int) -> bytes | None:
        return await fetch_if_there(self._session, f"{self._address}/api/now/attachment/{quote(file)}/file", limit)

    async def check(self, connection: Connection) -> list[str]:
        """Try the account, the group, and every name of a state, a code, a reason and a person."""
        missing = list[str]()
        if await self._first("sys_user_group", f"name={_plain(connection.project)}", "sys_id") is None:
            missing.append(f"There is no group {connection.project}, or the account can't see it.")
        choices = await self._choices()
        missing += [
            f"An incident has no state {name}, which `statuses` names."
            for names in connection.statuses.values() for name in names if _find("state", name, choices) is None
        ]  # fmt: skip
        missing += [
            f"{name} is no impact and urgency such as 2/1. Give one for {severity} in `severities`."
            for severity, name in connection.priorities.items() if not PAIR.fullmatch(name)
        ]  # fmt: skip
        missing += [f"There is no {name} {value}, which `transition_fields` names."
                    for name, value in connection.transition_fields.items()
                    if name in LISTS and _find(name, value, choices) is None]  # fmt: skip
        if "close_code" not in connection.transition_fields:
            missing.append("`transition_fields` has no close_code, which a resolved incident needs.")
        for person, account in connection.people.items():
            if await self._first("sys_user", f"user_name={_plain(account)}", "sys_id") is None:
                missing.append(f"There is no user {account}, which `people` names for {person}.")
        return missing if await self._reads_journal(connection) else [*missing, NO_JOURNAL]

    async def _reads_journal(self, connection: Connection) -> bool:
        """Return whether the table of comments is read, whose rows may also be left out without a word."""
        if await self._rows(f"element_id={'0' * 32}") is None:
            return False
        query = f"assignment_group.name={_plain(connection.project)}^ORDERBYDESCsys_updated_on"
        newest = await self._page("incident", query, "sys_id,comments,work_notes", "all", LOOKED_AT, 0)
        told = next((one for one in newest if _told(one)), None)
        return told is None or bool(await self._rows(f"element_id={told['sys_id']['value']}"))

    def _issue(self, given: Record, journal: Sequence[_Entry], files: Sequence[Record]) -> Issue:
        sys_id, state = given["sys_id"]["value"], given["state"]["value"]
        link = f"{self._address}/incident.do?sys_id={sys_id}"
        owner = given["assigned_to.user_name"]["value"]
        address = str((given.get("assigned_to.email") or {}).get("value") or "")
        self._people[owner] = (given["assigned_to.name"]["value"], address)
        return Issue(
            id=sys_id, key=given["number"]["value"], link=link, status=given["state"]["display_value"],
            category=CATEGORIES.get(state, Category.STARTED), has_customers=True,
            priority=f"{given['impact']['value']}/{given['urgency']['value']}",
            assignee=self._person(owner) if owner else None, updated_at=_moment(given["sys_updated_on"]["value"]),
            comments=tuple(
                IssueComment(id=one.id, author=self._person(one.user), text=one.text,
                             is_public=one.element == COMMENTS)
                for one in journal
            ),
            files=tuple(IssueFile(str(one["sys_id"]), str(one["file_name"]), link, self._person(one["sys_created_by"]),
                                  int(one.get("size_bytes") or 0)) for one in files),
        )  # fmt: skip

    def _person(self, user: str) -> IssuePerson:
        name, address = self._people.get(user, ("", ""))
        return IssuePerson(user, name or user, is_us=user == self._user, address=address)

    async def _learn_people(self, users: Iterable[str]) -> None:
        """Ask for the names and addresses of people who are not known yet."""
        if len(self._people) > MAX_PEOPLE:
            self._people.clear()
        unknown = sorted({one for one in users if one and one not in self._people})
        if unknown:
            query = f"user_nameIN{','.join(map(_plain, unknown))}"
            found = {str(one["user_name"]): (str(one["name"]), str(one.get("email") or ""))
                     for one in await self._all("sys_user", query, "user_name,name,email")}  # fmt: skip
            self._people |= {user: found.get(user, ("", "")) for user in unknown}

    async def _sys_id_of(self, user: str) -> str:
        found = await self._first("sys_user", f"user_name={_plain(user)}", "sys_id")
        if found is None:
            refuse("no_user", f"There is no user {user}.")
        return str(found["sys_id"])

    async def _journal(self, given: Record) -> list[_Entry]:
        """Return the comments and work notes of an incident, oldest first.

        Where the account can't read their table, they are those that people read in the incident's own fields.
        """
        rows = await self._rows(f"element_id={given['sys_id']['value']}^ORDERBYsys_created_on") or []
        told = _told(given)
        if len(rows) >= len(told):
            await self._learn_people(str(one["sys_created_by"]) for one in rows)
            return _numbered((str(one["element"]), str(one["sys_created_by"]), str(one["value"])) for one in rows)
        await self._learn_people([self._user])
        our_name = self._people[self._user][0]
        self._people |= {name: (name, "") for _, name, _ in told if name not in self._people}
        return _numbered((element, self._user if name == our_name else name, text) for element, name, text in told)

    async def _rows(self, query: str) -> list[Record] | None:
        """Return entries of comments and work notes; None when the account can't read their table."""
        both = f"elementIN{COMMENTS},{WORK_NOTES}^{query}"
        try:
            return await self._all("sys_journal_field", both, "element,value,sys_created_by")
        except TrackerError as error:
            if error.is_refusal:
                return None
            raise

    async def _choices(self) -> list[_Choice]:
        """Return the lists of values of incidents; those of the table incident replace those of the table task."""
        query = f"nameINincident,task^elementIN{','.join(LISTS)}^inactive=false"
        found = await self._all("sys_choice", query, "name,element,value,label")
        own = {str(one["element"]) for one in found if one["name"] == "incident"}
        return [_Choice(str(one["element"]), str(one["value"]), str(one["label"])) for one in found
                if one["name"] == "incident" or one["element"] not in own]  # fmt: skip

    async def _change(self, issue: Issue, fields: Mapping[str, str]) -> None:
        await self._call("PATCH", f"table/incident/{issue.id}?sysparm_fields=sys_id", json=dict(fields))

    async def _first(self, table: str, query: str, fields: str, shown: str = "false") -> Record | None:
        found: list[Record] = await self._page(table, query, fields, shown, limit=1, offset=0)
        return found[0] if found else None

    async def _all(self, table: str, query: str, fields: str) -> list[Record]:
        found = list[Record]()
        while True:
            page = await self._page(table, query, fields, "false", PAGE, len(found))
            found += page
            check_count(found)
            if len(page) < PAGE:
                return found

    async def _page(self, table: str, query: str, fields: str, shown: str, limit: int, offset: int) -> list[Record]:
        params = {"sysparm_query": query, "sysparm_fields": fields, "sysparm_display_value": shown,
                  "sysparm_exclude_reference_link": "true", "sysparm_limit": str(limit),
                  "sysparm_offset": str(offset)}  # fmt: skip
        return [*await self._call("GET", f"table/{table}", params=params)]

    async def _call(self, method: str, place: str, **given: Any) -> Any:
        answer = await call(self._session, method, f"{self._address}/api/now/{place}", _said, **given)
        return answer["result"]


def _minutes(span: timedelta) -> int:
    return max(1, int(span.total_seconds() // 60) + 1)


def _told(given: Record) -> list[tuple[str, str, str]]:
    """Return the element, the author's name and the text of each entry, as people read them in an incident."""
    found = list[tuple[str, str, str]]()
    for element in (COMMENTS, WORK_NOTES):
        text = str((given.get(element) or {}).get("display_value") or "").replace("\r\n", "\n")
        heads = [*HEAD.finditer(text)]
        ends = [one.start() for one in heads[1:]] + [len(text)]
        found += [(element, one["name"], text[one.end() : end]) for one, end in zip(heads, ends, strict=False)][::-1]
    return found


def _numbered(entries: Iterable[tuple[str, str, str]]) -> list[_Entry]:
    """Return entries of an element, a user and a text; those that say the same are told apart by their order."""
    found, times = list[_Entry](), Counter[tuple[str, str]]()
    for element, user, said in entries:
        text = read_plain(said)
        id_ = hashlib.sha256(f"{element} {times[element, text]} {text}".encode()).hexdigest()[:32]
        times[element, text] += 1
        found.append(_Entry(id_, element, user, text))
    return found


def _plain(text: str) -> str:
    """Return a value for a query, in which ^ begins the next condition."""
    return text.replace("^", "")


def _impact_and_urgency(name: str) -> dict[str, str]:
    """Return the two fields that give an incident its priority, which can't be set."""
    found = PAIR.fullmatch(name.strip())
    if found is None:
        refuse("no_priority", f"{name} is no impact and urgency such as 2/1. Give them in `severities`.")
    return {"impact": found[1], "urgency": found[2]}


def _state(wanted: StatusWish, choices: Sequence[_Choice]) -> str | None:
    """Return the value of the state: the first of the names that there is, else the usual one of the category."""
    if not wanted.names:
        return USUAL_STATES[wanted.category]
    return next((found for name in wanted.names if (found := _find("state", name, choices))), None)


def _find(element: str, name: str, choices: Sequence[_Choice]) -> str | None:
    fitting = (one.value for one in choices if one.element == element
               and name.casefold() in (one.label.casefold(), one.value.casefold()))  # fmt: skip
    return next(fitting, None)


def _value(element: str, name: str, choices: Sequence[_Choice]) -> str:
    """Return the value of a choice by its label; what is in no list stays as it is."""
    return _find(element, name, choices) or name


def _label(state: str, choices: Sequence[_Choice]) -> str:
    return next((one.label for one in choices if one.element == "state" and one.value == state), state)


def _moment(text: str) -> datetime | None:
    """Return a moment such as 2026-11-28 09:00:00, which is in UTC."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) if text else None


def _said(body: str) -> str:
    """Return what ServiceNow says is wrong."""
    try:
        given = json.loads(body)
    except ValueError:
        return ""
    error = given.get("error") if isinstance(given, Mapping) else None
    told = (error.get("message"), error.get("detail")) if isinstance(error, Mapping) else ()
    return ": ".join(str(one) for one in told if one)[:300]
