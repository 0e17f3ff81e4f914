"""The page of a small Microsoft Teams: people write to the bot, press buttons, fill in dialogs and read answers."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from aiohttp import web

from connectors.teams.fake import FakeTeams
from connectors.teams.fake_chat import FakeTeamsChats, FakeTeamsPerson

Json = dict[str, Any]
CHANNEL = "ops"
NO_ANSWER = "Hypercare answers {status}."
STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:44rem;margin:1.5rem auto;padding:0 1rem}nav a{margin-right:1rem}"
    "nav a[aria-current]{font-weight:600;text-decoration:none;color:inherit}article{border:1px solid #8888;"
    "border-radius:8px;padding:.4rem .9rem;margin:.6rem 0;max-width:34rem}.own{margin-left:auto;background:#5b5fc722}"
    "article p{margin:.2rem 0;white-space:pre-wrap}form{margin:.3rem 0}label{display:block;margin:.4rem 0}"
    "details{display:inline-block;margin-right:.5rem}form.button{display:inline-block;margin-right:.5rem}"
    "input,select,textarea{font:inherit;width:100%;box-sizing:border-box}button,summary{font:inherit;cursor:pointer}"
    ".wrong{color:#c4314b}small{opacity:.7}"
)
# Shows what is new without touching a card in which something was typed.
SCRIPT = """
const chat = document.getElementById("chat");
const typed = (part) => [...part.querySelectorAll("input, textarea")].some((one) => one.value !== one.defaultValue);
async function follow(seen) {
  const told = await (await fetch(`/news?who=${chat.dataset.who}&seen=${seen}`)).json();
  for (const [id, version, html] of told.messages) {
    const shown = document.getElementById(id);
    if (!shown) { chat.insertAdjacentHTML("beforeend", html); document.getElementById("write").scrollIntoView(); }
    else if (shown.dataset.version !== version && !typed(shown)) shown.outerHTML = html;
  }
  follow(told.seen);
}
follow(chat.dataset.seen);
"""


class FakeTeamsPage:
    """Shows the chats of `people`, whose e-mail address in the company's directory is "" where they have none."""

    def __init__(self, people: Mapping[str, str]) -> None:
        self.chats, self.channels = FakeTeamsChats(), FakeTeams()
        self.people = [self.chats.person(name, email=address) for name, address in people.items()]
        # What each person wrote, and after how many messages of the bot.
        self._wrote: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start what it shows, and show it on a port of this machine."""
        await self.chats.start()
        await self.channels.start()
        app = web.Application(client_max_size=2**25)
        app.router.add_get("/", self._page)
        app.router.add_get("/news", self._news)
        app.router.add_post("/write", self._write)
        app.router.add_post("/press/{message}/{action}", self._press)
        app.router.add_post("/dialog", self._send_dialog)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()
        await self.channels.stop()
        await self.chats.stop()

    # What is shown.

    async def _page(self, request: web.Request) -> web.Response:
        person = self._who(request)
        here = "".join(
            f'<a href="/?who={number}"{" aria-current=page" if one is person else ""}>{escape(one.name)}</a>'
            for number, one in enumerate(self.people)
        )
        channel = f'<a href="{self.channels.url}">Channel {CHANNEL}</a>'
        shown = "".join(html for _, _, html in self._messages(person))
        who = self._number(person)
        chat = f'<section id="chat" data-who="{who}" data-seen="{self.chats.version}">{shown}</section>'
        write = (
            f'<form id="write" method="post" action="/write?who={who}" enctype="multipart/form-data">'
            '<label>Message <textarea name="text" rows="3" autofocus></textarea></label>'
            '<input type="file" name="file" aria-label="File" multiple><button>Send</button></form>'
        )
        return _html(f"<nav>{here}{channel}</nav><h1>{escape(person.name)} and Hypercare</h1>{chat}{write}"
                     f"<script>{SCRIPT}</script>")  # fmt: skip

    async def _news(self, request: web.Request) -> web.Response:
        """Answer once something has changed since `seen`, with every message."""
        while str(self.chats.version) == request.query.get("seen"):
            await self.chats.changed.wait()
        found = {"seen": self.chats.version, "messages": [*self._messages(self._who(request))]}
        return web.json_response(found)

    def _messages(self, person: FakeTeamsPerson) -> Iterator[tuple[str, str, str]]:
        """Return the id, the version and the HTML of each message of a chat, oldest first."""
        own, number = [*self._wrote[person.account]], self._number(person)
        for at, given in enumerate((*person.read.values(), None)):
            while own and own[0][0] <= at:
                words = own.pop(0)[1]
                id_ = f"own-{len(self._wrote[person.account]) - len(own)}"
                yield id_, "1", f'<article class="own" id="{id_}" data-version="1"><p>{escape(words)}</p></article>'
            if given is not None:
                body = "".join(_activity(given, f"/press/{at}/{{action}}?who={number}"))
                version = str(abs(hash(body)))
                yield f"bot-{at}", version, f'<article id="bot-{at}" data-version="{version}">{body}</article>'

    # What people do.

    async def _write(self, request: web.Request) -> web.Response:
        person, given = self._who(request), await request.post()
        text = str(given.get("text", "")).replace("\r\n", "\n").strip()
        sent = [one for one in given.getall("file", []) if isinstance(one, web.FileField) and one.filename]
        files = [(one.filename, one.file.read()) for one in sent]
        if text or files:
            self._note(person, "\n".join([text, *(f"📎 {name}" for name, _ in files)]).strip())
            attached = [self.chats.attachment(name, content) for name, content in files]
            return await self._tell(person, self.chats.activity(person, text=text, attachments=attached))
        raise web.HTTPSeeOther(f"/?who={self._number(person)}")

    async def _press(self, request: web.Request) -> web.Response:
        person = self._who(request)
        message = [*person.read.values()][int(request.match_info["message"])]
        cards = [given["content"] for given in message.get("attachments") or () if "content" in given]
        actions = [one for card in cards for one in card.get("actions") or ()]
        pressed = actions[int(request.match_info["action"])]
        action = pressed["card"]["actions"][0] if "card" in pressed else pressed
        filled = {name: str(value) for name, value in (await request.post()).items()}
        if action["data"].get("msteams", {}).get("type") == "task/fetch":
            asked = self.chats.activity(person, "invoke", name="task/fetch", value={"data": action["data"]})
            return await self._tell(person, asked)
        self._note(person, f"[{pressed['title']}]")
        return await self._tell(person, self.chats.activity(person, value=action["data"] | filled))

    async def _send_dialog(self, request: web.Request) -> web.Response:
        person, filled = self._who(request), dict(await request.post())
        data = json.loads(str(filled.pop("carries"))) | filled
        return await self._tell(person, self.chats.activity(person, "invoke", name="task/submit", value={"data": data}))

    async def _tell(self, person: FakeTeamsPerson, activity: Json) -> web.Response:
        """Send an activity to the bot; show the dialog that it answers, or the chat."""
        status, answer = await self.chats.tell(activity)
        back = f"/?who={self._number(person)}"
        if status >= 300:
            return _html(f'<p class="wrong">{NO_ANSWER.format(status=status)}</p><a href="{back}">Back</a>')
        task = answer.get("task")
        if not task:
            raise web.HTTPSeeOther(back)
        if task["type"] == "message":
            return _html(f'<p>{escape(task["value"])}</p><a href="{back}">Back to the chat</a>')
        return _html(_dialog(task["value"], f"/dialog?who={self._number(person)}", back))

    def _note(self, person: FakeTeamsPerson, words: str) -> None:
        self._wrote[person.account].append((len(person.read), words))
        self.chats.note_change()

    def _who(self, request: web.Request) -> FakeTeamsPerson:
        number = request.query.get("who", "0")
        return self.people[int(number) if number.isdecimal() and int(number) < len(self.people) else 0]

    def _number(self, person: FakeTeamsPerson) -> int:
        return self.people.index(person)


def _html(body: str) -> web.Response:
    page = (f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Teams</title><style>{STYLE}</style>'
            f"</head><body><main>{body}</main></body></html>")  # fmt: skip
    return web.Response(text=page, content_type="text/html")


def _activity(given: Mapping[str, Any], press: str) -> Iterator[str]:
    """Return the HTML of a message of the bot; `press` is where its buttons lead."""
    if given.get("text"):
        yield f"<p>{escape(given['text'])}</p>"
    actions = 0
    for card in (one["content"] for one in given.get("attachments") or () if one.get("content")):
        yield from map(_element, card["body"])
        for action in card.get("actions") or ():
            yield _button(action, press.format(action=actions))
            actions += 1


def _button(action: Mapping[str, Any], address: str) -> str:
    label = escape(action["title"])
    if action["type"] == "Action.OpenUrl":
        return f'<a href="{escape(action["url"])}">{label}</a> '
    if action["type"] == "Action.ShowCard":
        fields = "".join(map(_element, action["card"]["body"]))
        form = f'<form method="post" action="{address}">{fields}<button>Send</button></form>'
        return f"<details><summary>{label}</summary>{form}</details>"
    return f'<form class="button" method="post" action="{address}"><button>{label}</button></form>'


def _element(element: Mapping[str, Any]) -> str:
    """Return the HTML of a part of a card."""
    match element["type"]:
        case "RichTextBlock":
            return f"<p>{''.join(escape(run['text']) for run in element['inlines'])}</p>"
        case "TextBlock":
            return f'<p class="wrong">{escape(element["text"])}</p>'
    id_, value = escape(element["id"]), str(element.get("value") or "")
    required = " required" if element.get("isRequired") else ""
    return f"<label>{escape(element['label'])} {_input(element, id_, value, required)}</label>"


def _input(element: Mapping[str, Any], id_: str, value: str, required: str) -> str:
    if element["type"] == "Input.ChoiceSet":
        choices: Sequence[Mapping[str, str]] = ({"title": "", "value": ""}, *element["choices"])
        options = "".join(f'<option value="{escape(one["value"])}"{" selected" if one["value"] == value else ""}>'
                          f"{escape(one['title'])}</option>" for one in choices)  # fmt: skip
        return f'<select name="{id_}"{required}>{options}</select>'
    if element.get("isMultiline"):
        return f'<textarea name="{id_}" rows="4"{required}>{escape(value)}</textarea>'
    return f'<input name="{id_}" value="{escape(value)}"{required}>'


def _dialog(shown: Mapping[str, Any], address: str, back: str) -> str:
    card = shown["card"]["content"]
    (send,) = card["actions"]
    carried = escape(json.dumps(send["data"]))
    return (
        f'<h1>{escape(shown["title"])}</h1><form method="post" action="{address}">'
        f'{"".join(map(_element, card["body"]))}<input type="hidden" name="carries" value="{carried}">'
        f'<button>{escape(send["title"])}</button></form><a href="{back}">Cancel</a>'
    )
