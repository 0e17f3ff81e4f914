"""Rich text: sections, lists, quotes and code made of styled pieces."""

from sandbox.blockkit.rules import Rule, Table, array, choice, flag, number, text, thing, typed

TYPE = text()
STYLES = ("bold", "italic", "strike", "underline", "code", "highlight", "client_highlight", "unlink")
STYLE = thing(dict.fromkeys(STYLES, flag))
BASE: Table = {"type": TYPE, "style": STYLE}
BORDER: Table = {"border": number(0)}

PIECES: dict[str, Rule] = {
    "text": thing(BASE | {"text": text()}, ("text",)),
    "link": thing(BASE | {"url": text(), "text": text(least=0), "unsafe": flag}, ("url",)),
    "user": thing(BASE | {"user_id": text()}, ("user_id",)),
    "usergroup": thing(BASE | {"usergroup_id": text()}, ("usergroup_id",)),
    "channel": thing(BASE | {"channel_id": text()}, ("channel_id",)),
    "team": thing(BASE | {"team_id": text()}, ("team_id",)),
    "emoji": thing(BASE | {"name": text(), "unicode": text(), "url": text(), "skin_tone": number()}, ("name",)),
    "broadcast": thing(BASE | {"range": choice("here", "channel", "everyone")}, ("range",)),
    "color": thing(BASE | {"value": text()}, ("value",)),
    "date": thing(
        BASE | {"timestamp": number(), "format": text(), "url": text(), "fallback": text()}, ("timestamp", "format")
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
            "offset": number(0),
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
    {"type": choice("rich_text"), "block_id": text(255), "elements": array(typed(CONTAINERS))}, ("elements",)
)
