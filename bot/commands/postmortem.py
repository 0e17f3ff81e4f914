"""`hypercare postmortem KEY --out FILE`: write the post-mortem of a phase as HTML, or else as Markdown."""

import argparse

from bot.commands import common
from bot.services.learning import post_mortems
from domain.learning.post_mortem import to_html, to_markdown


def main(args: argparse.Namespace) -> int:
    with common.app_context(args.config) as app:
        found = post_mortems.document(app, args.key)
    as_html = args.out is not None and args.out.suffix.lower() in (".html", ".htm")
    common.write(to_html(found) if as_html else to_markdown(found), args.out)
    return 0
