"""Rich text: sections, lists, quotes and code made of styled pieces."""

from sandbox.blockkit.rules import Rule, Table, array, choice, flag, ids, number, text, thing, typed, url

TYPE = text()
STYLES = ("bold", "italic", "strike", "underline", "code")
STYLE = thing(dict.fromkeys(STYLES, flag))
BASE: Table = {"type": TYPE, "style": STYLE}
BORDER: Table = {"border": number(0, 1)}

PIECES: dict[str, Rule] = {
    "text": thing(BASE | {"text": text()}, ("text",)),
    "link": thing(BASE | {"url": text(), "text": text(least=0), "unsafe": flag}, ("url",)),
    "user": thing(BASE | {"user_id": ids("UW")}, ("user_id",)),
    "usergroup": thing(BASE | {"usergroup_id": ids("S")}, ("usergroup_id",)),
    "channel": thing(BASE | {"channel_id": text()}, ("channel_id",)),
    "team": thing(BASE | {"team_id": ids("T")}, ("team_id",)),
    "emoji": thing(BASE | {"name": text(), "unicode": text(), "url": text()}, ("name",)),
    "broadcast": thing(BASE | {"range": choice("here", "channel", "everyone")}, ("range",)),
    "color": thing(BASE | {"value": text(pattern="#?[0-9a-fA-F]{6}")}, ("value",)),
    "date": thing(
        BASE | {"timestamp": number(0), "format": text(), "url": url(), "fallback": text(least=0)},
        ("timestamp", "format"),
    ),
}
PIECE = typed(PIECES)
CODE = typed({name: PIECES[name] for name in ("text", "link")})  # nothing else stands in code

SECTION = thing({"type": TYPE, "elements": array(PIECE)}, ("elements",))
CONTAINERS: dict[str, Rule] = {
    "rich_text_section": SECTION,
    "rich_text_list": thing(
        {
            "type": TYPE,
            "style": choice("bullet", "ordered"),
            "elements": array(SECTION, least=1),
            "indent": number(0, 8),
            **BORDER,
        },
        ("style", "elements"),
    ),
    "rich_text_quote": thing({"type": TYPE, "elements": array(PIECE), **BORDER}, ("elements",)),
    "rich_text_preformatted": thing(
        {"type": TYPE, "elements": array(CODE), "language": text(), **BORDER}, ("elements",)
    ),
}
RICH_TEXT = thing(
    {"type": choice("rich_text"), "block_id": text(255), "elements": array(typed(CONTAINERS))}, ("type", "elements")
)
