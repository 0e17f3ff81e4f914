"""Fill the names of people into messages just before they are sent."""

import html
import json
import re
from collections.abc import Mapping
from typing import Any

from bot.context import AppContext
from domain.address import ERASED_USER, FORGOTTEN_PREFIX, is_mail, is_outside, is_teams, reads_on_page
from domain.people.profile import Profile
from domain.text import NAME_CLOSE, NAME_OPEN, escape_markdown, one_line, shorten

MARK = re.compile(f"{NAME_OPEN}([^{NAME_CLOSE}]*){NAME_CLOSE}")
MAX_LENGTH = 80  # characters of a name
ERASED = "A person"
BY_FORM = "{name} (web form)"
IN_TEAMS = "{name} (Teams)"
BY_MAIL = "{name} (e-mail)"  # the name that a mail gives is not proven


def fill(app: AppContext, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the message with each marked person's name as plain text; one who isn't known is mentioned by id.

    What is Markdown stays so, whatever people are called.
    """
    raw = json.dumps(body, ensure_ascii=False)
    people = set(MARK.findall(raw))
    if not people:
        return dict(body)
    with app.store.read() as tx:
        known = tx.profiles.list_by_ids(people)
        writers = tx.mails.list_names([one for one in people if is_mail(one)])
        writers |= tx.teams_people.list_names([one for one in people if is_teams(one)])
    if page := body.get("markdown"):
        names = {one: escape_markdown(html.unescape(_shown(one, known, writers))) for one in people}
        raw = json.dumps({**body, "markdown": MARK.sub(lambda found: names[found[1]], page)}, ensure_ascii=False)
    filled: dict[str, Any] = json.loads(MARK.sub(lambda found: _in_json(_shown(found[1], known, writers)), raw))
    return filled


def _shown(person: str, known: Mapping[str, Profile], writers: Mapping[str, str]) -> str:
    if person == ERASED_USER or person.startswith(FORGOTTEN_PREFIX) or (is_outside(person) and person not in writers):
        return ERASED
    if is_outside(person):
        template = IN_TEAMS if is_teams(person) else BY_FORM if reads_on_page(person) else BY_MAIL
        name = shorten(one_line(writers[person]), MAX_LENGTH) or ERASED
        return html.escape(template.format(name=name), quote=False)
    name = one_line(known[person].name) if person in known else ""
    return html.escape(shorten(name, MAX_LENGTH), quote=False) if name else f"<@{person}>"


def _in_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]
