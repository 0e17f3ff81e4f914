"""`hypercare postmortem KEY --out FILE`: write the post-mortem of a phase as HTML or PDF, or else as Markdown."""

import argparse
import sys
from pathlib import Path

from bot.commands import common
from bot.extras import REPORT
from bot.report_page import pdf
from bot.services.learning import post_mortems
from domain.learning.post_mortem import PostMortemDocument, to_html, to_markdown

PDF, HTML = (".pdf",), (".html", ".htm")


def main(args: argparse.Namespace) -> int:
    ending = args.out.suffix.lower() if args.out else ""
    if ending in PDF:
        common.require(REPORT)
    with common.app_context(args.config) as app:
        found = post_mortems.document(app, args.key)
        if ending in PDF:
            _write_pdf(found, args.out)
        else:
            common.write(to_html(found) if ending in HTML else to_markdown(found), args.out)
    return 0


def _write_pdf(found: PostMortemDocument, out: Path) -> None:
    out.write_bytes(pdf.to_pdf(found))
    if missing := pdf.missing_letters(found):
        letters = "".join(missing[:20])
        sys.stderr.write(
            f"The font of the PDF file lacks these letters, so it has boxes instead: {letters}\n"
            "Write a page instead (--out FILE.html), and print it from a browser.\n"
        )
