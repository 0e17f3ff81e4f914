"""What the pages of people without a Slack account have in common."""

from html import escape

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:38rem;margin:2rem auto;padding:0 1rem;color:#1d1c1d;"
    "background:#fff}label{font-weight:600}small{display:block;font-weight:400}.error{color:#b3261e}"
    "input,select,textarea,button{font:inherit;display:block;width:100%;box-sizing:border-box;margin:.25rem 0 1rem;"
    "padding:.5rem}.old{position:absolute;left:-9999px}"
    "blockquote{margin:.25rem 0 1rem;padding-left:.75rem;border-left:3px solid #999;white-space:pre-wrap}"
)
HEAD = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'


def page(title: str, body: str) -> str:
    """Return a whole page; `body` is HTML."""
    head = f"{HEAD}<title>{escape(title)}</title><style>{STYLE}</style>"
    return f'<!doctype html><html lang="en"><head>{head}</head><body><main>{body}</main></body></html>'
