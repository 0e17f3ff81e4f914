"""A digest as a mail: its text, its HTML with charts as images, and the pages on which people end it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape, unescape
from typing import Any

from bot.views.incoming import read_message
from bot.views.mail.pages import page
from bot.views.text import Block

Message = Mapping[str, Any]
SIGNS = {":hourglass:": "⏳", ":heart:": "❤️", ":mag:": "🔍", ":warning:": "⚠️", ":white_check_mark:": "✅"}
CONTROL = re.compile(r"<([^<>\s|]*)(?:\|([^<>]*))?>")
MARKED = re.compile(r"(?<!\w)([*_`])(?!\s)((?:(?!\1)[^\n])+)(?<!\s)\1(?!\w)")
BOLD = re.compile(r"(?<!\w)\*(?!\s)([^*\n]+)(?<!\s)\*(?!\w)")
TAGS = {"*": "strong", "_": "em", "`": "code"}
CHART, TABLE = "data_visualization", "data_table"
STYLE = "font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif;color:#1d1c1d;background:#ffffff"
BORDER = "border-bottom:1px solid #dddddd;padding:4px 12px 4px 0;text-align:left"
WHY = "You get this because {address} is on the list for digests of {phase}."
ANSWER = "An answer to this mail is a report to the team."
END = "Unsubscribe: {link}"
ASKS = "End the digests of {phase} to {address}?"
BUTTON = "Unsubscribe"
ENDED = "{address} gets no more digests of {phase}. To get them again, ask the people who lead it."
NOT_VALID = "This link isn't valid any more. Ask the people who lead the phase to take you off the list."


def charts_in(content: Message) -> list[Block]:
    """Return the charts of a digest, in their order."""
    return [one for one in _blocks(content) if one["type"] == CHART]


def subject(content: Message) -> str:
    """Return the subject: the line that a notification shows."""
    return _plain(str(content["text"]))


def text(content: Message, phase: str, address: str, link: str) -> str:
    """Return the digest as plain text."""
    shown = read_message({"text": content["text"], "blocks": _blocks(content)}).text
    for sign, drawn in SIGNS.items():
        shown = shown.replace(sign, drawn)
    lines = [WHY.format(address=address, phase=phase), ANSWER, *([END.format(link=link)] if link else [])]
    return "\n".join([BOLD.sub(r"\1", shown), "", "-- ", *lines, ""])


def html(content: Message, phase: str, address: str, link: str, images: Sequence[str]) -> str:
    """Return the digest as HTML; `images` are the content ids of its charts, "" for one that could not be drawn."""
    ids = iter(images)
    parts = [_block(one, next(ids, "") if one["type"] == CHART else "") for one in _blocks(content)]
    end = f'<br><a href="{escape(link)}">{BUTTON}</a>' if link else ""
    foot = f"{escape(WHY.format(address=address, phase=phase))}<br>{ANSWER}{end}"
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(subject(content))}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head>'
        f'<body style="margin:0;padding:16px;{STYLE}"><div style="max-width:600px;margin:0 auto">{"".join(parts)}'
        f'<p style="color:#616061;font-size:13px;border-top:1px solid #dddddd;padding-top:12px">{foot}</p>'
        "</div></body></html>"
    )


def alternative(chart: Block) -> str:
    """Return what a chart shows, for people who don't see it."""
    drawn = chart["chart"]
    if drawn["type"] == "pie":
        shown = ", ".join(f"{one['label']} {one['value']}" for one in drawn["segments"])
    else:
        shown = "; ".join(
            f"{label}: {', '.join(_values(drawn, label))}" for label in drawn["axis_config"]["categories"]
        )
    return f"{chart['title']}. {shown}"


def ask_page(phase: str, address: str) -> str:
    """Return the page that asks whether the digests are to end; opening it ends nothing."""
    asked = escape(ASKS.format(phase=phase, address=address))
    return page("Unsubscribe", f'<h1>{asked}</h1><form method="post"><button>{BUTTON}</button></form>')


def ended_page(phase: str, address: str) -> str:
    return page("Unsubscribed", f"<p>{escape(ENDED.format(phase=phase, address=address))}</p>")


def not_valid_page() -> str:
    return page("Hypercare", f"<p>{escape(NOT_VALID)}</p>")


def _blocks(content: Message) -> list[Block]:
    blocks = [one for one in content.get("blocks") or () if one["type"] != "actions"]
    return blocks or [{"type": "section", "text": {"type": "mrkdwn", "text": content["text"]}}]


def _block(block: Block, image: str) -> str:
    if block["type"] == CHART:
        return _chart(block, image)
    if block["type"] == TABLE:
        return _table(block["caption"], [[cell["text"] for cell in row] for row in block["rows"]])
    texts = [block["text"]] if "text" in block else [*block.get("elements", ()), *block.get("fields", ())]
    return "".join(f"<p>{_marked(str(one['text']))}</p>" for one in texts)


def _chart(block: Block, image: str) -> str:
    title = f'<h2 style="font-size:16px;margin:20px 0 4px">{escape(block["title"])}</h2>'
    if image:
        alt = escape(alternative(block))
        return f'{title}<img src="cid:{escape(image)}" alt="{alt}" width="580" style="max-width:100%;height:auto">'
    return _table(block["title"], [*_rows(block["chart"])])


def _rows(drawn: Block) -> Iterator[list[str]]:
    """Yield the numbers of a chart, below a row with their names."""
    if drawn["type"] == "pie":
        yield ["", "Number"]
        yield from ([one["label"], str(one["value"])] for one in drawn["segments"])
        return
    yield ["", *(one["name"] for one in drawn["series"])]
    for label in drawn["axis_config"]["categories"]:
        yield [label, *(str(p["value"]) for one in drawn["series"] for p in one["data"] if p["label"] == label)]


def _values(drawn: Block, label: str) -> Iterator[str]:
    for series in drawn["series"]:
        yield from (f"{series['name']} {p['value']}" for p in series["data"] if p["label"] == label)


def _table(caption: str, rows: Sequence[Sequence[str]]) -> str:
    head, *body = rows
    titles = "".join(f'<th scope="col" style="{BORDER}">{escape(one)}</th>' for one in head)
    cells = ("".join(f'<td style="{BORDER}">{escape(one)}</td>' for one in row) for row in body)
    lines = "".join(f"<tr>{one}</tr>" for one in cells)
    return (
        '<table style="border-collapse:collapse;margin:20px 0">'
        f'<caption style="text-align:left;font-weight:bold">{escape(caption)}</caption>'
        f"<thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table>"
    )


def _marked(mrkdwn: str) -> str:
    """Return Slack's markup as HTML. Nothing else in it becomes markup."""
    made, end = list[str](), 0
    for found in CONTROL.finditer(mrkdwn):
        made += [_words(mrkdwn[end : found.start()]), _control(found[1], found[2] or "")]
        end = found.end()
    return "".join([*made, _words(mrkdwn[end:])])


def _control(target: str, label: str) -> str:
    if target.startswith(("https://", "http://")):
        return f'<a href="{escape(unescape(target))}">{_words(label) if label else escape(unescape(target))}</a>'
    return _words(label) if label else "a person" if target.startswith("@") else "a channel"


def _words(mrkdwn: str) -> str:
    for sign, drawn in SIGNS.items():
        mrkdwn = mrkdwn.replace(sign, drawn)
    return _tagged(escape(unescape(mrkdwn))).replace("\n", "<br>")


def _tagged(safe: str) -> str:
    """Mark words one inside the other, as in `*bold and _italic_*`; marks that overlap would be broken HTML."""

    def tagged(found: re.Match[str]) -> str:
        tag = TAGS[found[1]]
        return f"<{tag}>{found[2] if tag == 'code' else _tagged(found[2])}</{tag}>"

    return MARKED.sub(tagged, safe)


def _plain(mrkdwn: str) -> str:
    return unescape(CONTROL.sub(lambda found: found[2] or found[1], mrkdwn))
