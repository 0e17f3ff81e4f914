"""What people do with a ticket once it is there; the verbs of the script."""

import json
import re
from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet
from datetime import timedelta
from functools import partial
from typing import Any

from sandbox.story import meetings, names
from sandbox.story.calendar import moment
from sandbox.story.client import StoryError
from sandbox.story.script import Scene
from sandbox.story.stage import Stage, StoryTicket
from sandbox.story.watch import Place, buttons
from sandbox.story.ways import report

Action = Callable[[Stage, Scene], Awaitable[None]]
AGAIN = "↳ "  # chatter that answers the line before it
REACTS = re.compile(r"\+:(\w+):")  # as in Slack: a reaction to the line before


async def says(stage: Stage, scene: Scene) -> None:
    """Chatter: a line in a channel, under the line before it, just a reaction to that, or a command of the bot."""
    channel, text = scene.words
    if text.startswith(f"{names.COMMAND} "):
        await stage.command(scene.who, text.removeprefix(f"{names.COMMAND} "))
        said = str((await stage.answer(scene.who)).get("text"))
        if not said.startswith(names.DONE):
            raise StoryError(said)
        return
    if emoji := REACTS.fullmatch(text):
        where = {"channel": channel, "ts": stage.said[channel]}
        await stage.client.post("reaction", user=scene.who, **where, name=emoji[1])
        return
    line: dict[str, Any] = {"user": scene.who, "channel": channel, "text": text.removeprefix(AGAIN)}
    if text.startswith(AGAIN):
        await stage.client.post("message", **line, thread_ts=stage.said[channel])
    else:
        stage.said[channel] = (await stage.client.post("message", **line))["ts"]


async def _on_card(button: str, stage: Stage, scene: Scene) -> None:
    ticket = stage.ticket(scene)
    await stage.press(scene.who, ticket.card, button, ticket.id)


async def _form(button: str, fields: tuple[str, ...], stage: Stage, scene: Scene) -> None:
    """A button of the card that opens a form."""
    await _on_card(button, stage, scene)
    await stage.submit(scene.who, **dict(zip(fields, scene.words, strict=False)))


async def _menu(entry: str, stage: Stage, scene: Scene, **values: Any) -> None:
    """An entry of the card's menu, and the form behind it."""
    ticket = stage.ticket(scene)
    await stage.press(scene.who, ticket.card, names.MORE, f"{entry}:{ticket.id}")
    await stage.submit(scene.who, **values)


async def _work(status: str, stage: Stage, scene: Scene) -> None:
    await _menu(names.STATUS, stage, scene, status=status)


async def _wait(stage: Stage, scene: Scene) -> None:
    await _menu(names.WAITING, stage, scene, question=scene.words[0])


async def _severity(stage: Stage, scene: Scene) -> None:
    severity, why = scene.words
    await _menu(names.SEVERITY, stage, scene, severity=severity, why=why)


async def _assign(stage: Stage, scene: Scene) -> None:
    await _menu(names.ASSIGN, stage, scene, owner=scene.words[0])


async def _defer(stage: Stage, scene: Scene) -> None:
    reason, text, *days = scene.words
    values = {"reason": reason, "text": text}
    if days:
        values["date"] = moment(stage.monday, scene.at + timedelta(days=days[0])).date().isoformat()
    await _menu(names.DEFER, stage, scene, **values)


async def _eyes(stage: Stage, scene: Scene) -> None:
    channel, ts = card = stage.ticket(scene).card
    before = stage.watch.messages[card]
    await stage.client.post("reaction", user=scene.who, channel=channel, ts=ts, name=names.ACKNOWLEDGING_REACTION)
    changed = lambda: ((found := stage.watch.messages[card])["text"] != before["text"] and found) or None  # noqa: E731
    await stage.watch.until(changed, "acknowledge")


async def _note(before: str, stage: Stage, scene: Scene) -> None:
    """A line in the team's thread."""
    await stage.write(scene.who, stage.ticket(scene).card, f"{before}{scene.words[0]}")


async def _writes(stage: Stage, scene: Scene) -> None:
    """A line in the reporter's thread."""
    await stage.write(scene.who, stage.ticket(scene).thread, scene.words[0])


async def _resolve(stage: Stage, scene: Scene) -> None:
    """What was done, a workaround, and how deep it goes; every fix of the story was tested."""
    explanation, workaround, fix, *_ = (*scene.words, "", "")
    await _on_card(names.RESOLVE, stage, scene)
    told = {"explanation": explanation, "workaround": workaround, "fix": fix or "root_cause"}
    await stage.submit(scene.who, **told, test="Tried again in production")


async def _verdict(button: str, stage: Stage, scene: Scene) -> None:
    """The reporter's answer to the newest "Is this fixed?"."""
    ticket = stage.ticket(scene)
    place = await stage.watch.until(lambda: _question(stage, ticket, button), "ask whether it is fixed")
    await stage.press(scene.who, place, button, ticket.id)
    ticket.answered.add(place)
    if button == names.REJECT:
        await stage.submit(scene.who, why=scene.words[0])


def _question(stage: Stage, ticket: StoryTicket, button: str) -> Place | None:
    here = ticket.thread[0]  # the other followers are asked elsewhere
    asked = [place for place in stage.watch.with_button(button, ticket.id) if place[0] == here]
    return next((place for place in reversed(asked) if place not in ticket.answered), None)


async def _reopen(stage: Stage, scene: Scene) -> None:
    """By command, long after the question was answered."""
    await stage.command(scene.who, f"{names.REOPEN_VERB} {stage.name_of(stage.ticket(scene))}")
    await stage.submit(scene.who, why=scene.words[0])


async def _me_too(stage: Stage, scene: Scene) -> None:
    await stage.command(scene.who, f"{names.ME_TOO_VERB} {stage.name_of(stage.ticket(scene))}")
    await stage.answer(scene.who)


async def _recognises(stage: Stage, scene: Scene) -> None:
    """A person starts to report the same problem and finds the ticket below the summary."""
    ticket, wanted = stage.ticket(scene), names.SAME_PROBLEM
    await stage.command(scene.who, f"{names.REPORT_VERB} {scene.words[0]}")
    await stage.needs_form(scene.who)
    try:
        await stage.client.post("action", user=scene.who, view=True, action_id=f"{wanted}:{ticket.id}", value=ticket.id)
    finally:
        await stage.client.post("close", user=scene.who, all=True)


async def _withdraw(stage: Stage, scene: Scene) -> None:
    ticket = stage.ticket(scene)
    await stage.press(scene.who, ticket.confirmation, names.WITHDRAW, ticket.id)


def _numbered(stage: Stage, text: str) -> str:
    """Fill in the numbers of tickets, as in `article {how-to-approve}`."""
    known = {name: stage.name_of(ticket) for name, ticket in stage.tickets.items()}
    return re.sub(r"\{([\w-]+)\}", lambda found: known[found[1]], text)


async def _types(stage: Stage, scene: Scene) -> None:
    """A command, with the numbers of tickets filled in; and its form, if it opens one."""
    text, *values = scene.words
    await stage.command(scene.who, _numbered(stage, text))
    if values:
        await stage.submit(scene.who, **values[0])
    else:
        await stage.answer(scene.who)


async def _fills(stage: Stage, scene: Scene) -> None:
    """A form behind a command, or behind a button of its answer; `due` is in so many days, `starts` in hours."""
    text, button, values = scene.words
    await stage.command(scene.who, _numbered(stage, text))
    if button:
        shown = await stage.answer(scene.who)
        await stage.client.post("action", user=scene.who, channel=shown["channel"], ts=shown["ts"], label=button)
    if "due" in values:
        values = values | {"due": moment(stage.monday, scene.at + timedelta(days=values["due"])).date().isoformat()}
    if "starts" in values:
        starts = moment(stage.monday, scene.at + timedelta(hours=values["starts"]))
        values = values | {"starts": int(starts.timestamp())}
    given = {name: _numbered(stage, value) if isinstance(value, str) else value for name, value in values.items()}
    await stage.submit(scene.who, **given)


async def _gathers(stage: Stage, scene: Scene) -> None:
    """The ticket becomes part of a new problem, for which the team asks why."""
    title, severity = scene.words
    await _on_card(names.SHOW, stage, scene)
    await stage.needs_form(scene.who)
    await stage.client.post("action", user=scene.who, view=True, action_id=names.ADD_PROBLEM)
    await stage.submit(scene.who, title=title, severity=severity)


async def _why(stage: Stage, scene: Scene) -> None:
    """A cause of the newest problem, with its evidence; on a branch of the fishbone where the script names one."""
    text, evidence, *branch = scene.words
    place, value = await _newest_problem(stage)
    await stage.press(scene.who, place, names.ADD_CAUSE, value)
    await stage.submit(scene.who, text=text, evidence=evidence, **({"branch": branch[0]} if branch else {}))


async def _newest_problem(stage: Stage) -> tuple[Place, str]:
    """Return the message of the newest problem, and the problem's number."""
    offered = lambda: next(reversed(stage.watch.values(names.ADD_CAUSE)), None)  # noqa: E731
    value = await stage.watch.until(offered, "post the problem")
    return stage.watch.with_button(names.ADD_CAUSE, value)[-1], value


async def _solves(stage: Stage, scene: Scene) -> None:
    """The root cause of the newest problem is gone: its class, and what was done."""
    cause_class, done = scene.words
    place, value = await _newest_problem(stage)
    await stage.press(scene.who, place, names.OPEN_PROBLEM, value)
    await stage.client.post("action", user=scene.who, view=True, label=names.RESOLVE_PROBLEM)
    await stage.submit(scene.who, fix="root_cause", cause_class=cause_class, resolution=done)


async def _edits(stage: Stage, scene: Scene) -> None:
    """The message that was reported, as it should have been written."""
    channel, ts = stage.ticket(scene).thread
    await stage.client.post("edit", user=scene.who, channel=channel, ts=ts, text=scene.words[0])


async def _works(stage: Stage, scene: Scene) -> None:
    """An affected person's own answer to "Is this fixed?"."""
    ticket = stage.ticket(scene)

    def asked() -> Place | None:
        elsewhere = [one for one in stage.watch.with_button(names.CONFIRM, ticket.id) if one[0] != ticket.thread[0]]
        return elsewhere[-1] if elsewhere else None

    place = await stage.watch.until(asked, "ask an affected person")
    await stage.press(scene.who, place, names.CONFIRM, ticket.id)


async def _promise(stage: Stage, scene: Scene) -> None:
    """A fix or an update within so many hours; and why, where it was promised before."""
    what, hours, *why = scene.words
    by = moment(stage.monday, scene.at + timedelta(hours=hours))
    await stage.command(scene.who, f"{names.PROMISE_VERB} {stage.name_of(stage.ticket(scene))}")
    await stage.submit(scene.who, promise=what, by=int(by.timestamp()), words=" ".join(why))


async def _tell_all(stage: Stage, scene: Scene) -> None:
    """A reply to all followers."""
    await _on_card(names.REPLY, stage, scene)
    await stage.submit(scene.who, text=scene.words[0], to=names.ALL_FOLLOWERS)


async def _posts(stage: Stage, scene: Scene) -> None:
    """A lead posts the week's note, with a word of thanks."""
    channel, ts, value = await own_button(stage, scene.who, names.NOTE_EDIT, "draft a note")
    await stage.client.post("action", user=scene.who, channel=channel, ts=ts, action_id=names.NOTE_EDIT, value=value)
    before = {*stage.watch.messages}
    await stage.submit(scene.who, thanks=scene.words[0])
    # Before the clock moves on: a note that is still on its way would arrive hours later.
    await stage.watch.until(lambda: _is_said(stage, before, scene.words[0]), "post the note")


def _is_said(stage: Stage, before: AbstractSet[Place], words: str) -> bool | None:
    fresh = (row for place, row in stage.watch.messages.items() if place not in before)
    return any(words in json.dumps(row, ensure_ascii=False) for row in fresh) or None


async def own_button(stage: Stage, who: str, action: str, what: str) -> tuple[str, str, str]:
    """Channel, ts and value of that button in this person's own messages with the bot; the newest, once it is there."""
    own = (await stage.client.get("messages", channel=names.BOT, user=who))["channel"]["id"]
    return await stage.watch.until(lambda: _offered(stage, own, action), what)


async def answers(stage: Stage, scene: Scene) -> None:
    """The pulse: one tap, and the rest in the form where the script has it."""
    satisfied, *rest = scene.words
    tap = f"{names.PULSE_TAP}:{satisfied}"
    channel, ts, value = await own_button(stage, scene.who, tap, "ask in a pulse")
    await stage.client.post("action", user=scene.who, channel=channel, ts=ts, action_id=tap, value=value)
    if rest:
        wave = value.partition(":")[0]
        await stage.press(scene.who, (channel, ts), names.PULSE_OPEN, wave)
        await stage.needs_form(scene.who)
        given = {name: str(word) for name, word in zip(names.PULSE_FIELDS, rest, strict=False)}
        await stage.client.post("submit", user=scene.who, values=given)
        await stage.client.post("close", user=scene.who, all=True)


def _offered(stage: Stage, own: str, tap: str) -> tuple[str, str, str] | None:
    """Channel, ts and value of the button, in the newest message of a channel that has it."""
    found = ((channel, ts, value) for (channel, ts), message in stage.watch.messages.items() if channel == own
             for action, value in buttons(message) if action == tap)  # fmt: skip
    return max(found, key=lambda one: float(one[1]), default=None)


async def _opens(stage: Stage, scene: Scene) -> None:
    """A lead adds an integration for a kind of machine and gives it the secret."""
    (kind,) = scene.words
    await stage.command(scene.who, f"{names.ADD_INTEGRATION_VERB} {kind}")
    said = str((await stage.answer(scene.who)).get("text"))
    if not (secret := re.search(names.SECRET, said)):
        raise StoryError(said)
    stage.secrets[kind] = secret[1]


async def _sends(stage: Stage, scene: Scene) -> None:
    """A machine sends what it sends while something is wrong, or when all is well."""
    kind, state = scene.who, scene.words[0]
    sent = await stage.client.post("signal", kind=kind, secret=stage.secrets.get(kind, ""), state=state)
    if sent["status"] != 200:
        raise StoryError(f"{sent['status']}: {sent['answer']}")


ACTIONS: dict[str, Action] = {
    "says": says,
    "report": report,
    "acknowledge": partial(_on_card, names.ACKNOWLEDGE),
    "take": partial(_on_card, names.TAKE),
    "eyes": _eyes,
    "note": partial(_note, ""),
    "tell": partial(_note, f"{names.TO_REPORTER} "),
    "reply": partial(_form, names.REPLY, ("text",)),
    "writes": _writes,
    "investigating": partial(_work, "investigating"),
    "fixing": partial(_work, "fixing"),
    "severity": _severity,
    "assign": _assign,
    "wait": _wait,
    "defer": _defer,
    "resolve": _resolve,
    "confirm": partial(_verdict, names.CONFIRM),
    "reject": partial(_verdict, names.REJECT),
    "cannot_check": partial(_verdict, names.CANNOT_CHECK),
    "works": _works,
    "types": _types,
    "fills": _fills,
    "gathers": _gathers,
    "why": _why,
    "solves": _solves,
    "edits": _edits,
    "reopen": _reopen,
    "withdraw": _withdraw,
    "metoo": _me_too,
    "recognises": _recognises,
    "answers": answers,
    "promise": _promise,
    "tell_all": _tell_all,
    "posts": _posts,
    "opens_war_room": meetings.opens_war_room,
    "staffs_war_room": meetings.staffs_war_room,
    "in_war_room": meetings.in_war_room,
    "wraps_up": meetings.wraps_up,
    "stands_up": meetings.stands_up,
    "follows": meetings.follows,
    "opens": _opens,
    "sends": _sends,
}
