"""A post-mortem as a PDF file; its library and font are loaded only when one is written."""

from collections.abc import Sequence
from functools import cache
from html import escape
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

from domain.learning.post_mortem import PostMortemDocument

FONT, FONT_BOLD = "DejaVuSans", "DejaVuSans-Bold"
MARGIN = 56  # points, 2 cm
SIZE, LEADING = 10, 14  # points


def to_pdf(document: PostMortemDocument) -> bytes:
    """Return the document on pages of A4."""
    from reportlab.lib.pagesizes import A4  # noqa: PLC0415 - loaded only here
    from reportlab.platypus import SimpleDocTemplate  # noqa: PLC0415 - as above

    _register()
    out = BytesIO()
    template = SimpleDocTemplate(
        out, pagesize=A4, title=document.title, author="Hypercare", lang="en", leftMargin=MARGIN, rightMargin=MARGIN,
        topMargin=MARGIN, bottomMargin=MARGIN,
    )  # fmt: skip
    template.build(_story(document), onFirstPage=_number, onLaterPages=_number)
    return out.getvalue()


def missing_letters(document: PostMortemDocument) -> list[str]:
    """Return the letters that the font doesn't have, such as those of Chinese; the file has boxes instead."""
    known = set(_register().face.charToGlyph)
    words = [document.title, document.about, *(one for heading, lines in document.parts for one in (heading, *lines))]
    return sorted({letter for text in words for letter in text if letter.isprintable() and ord(letter) not in known})


@cache
def _register() -> Any:
    """Make the font known; return its regular cut."""
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415 - loaded only here
    from reportlab.pdfbase.ttfonts import TTFont  # noqa: PLC0415 - as above

    found = [TTFont(name, str(_fonts() / f"{name}.ttf")) for name in (FONT, FONT_BOLD)]
    for one in found:
        pdfmetrics.registerFont(one)
    return found[0]


def _fonts() -> Path:
    """Return the folder of fonts that the library of the charts brings."""
    spec = find_spec("matplotlib")
    assert spec
    assert spec.origin
    return Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"


def _story(document: PostMortemDocument) -> list[Any]:
    from reportlab.lib.styles import ParagraphStyle  # noqa: PLC0415 - loaded only here
    from reportlab.platypus import Paragraph  # noqa: PLC0415 - as above

    plain = ParagraphStyle("plain", fontName=FONT, fontSize=SIZE, leading=LEADING, splitLongWords=1)
    title = ParagraphStyle("title", plain, fontName=FONT_BOLD, fontSize=18, leading=24, spaceAfter=8)
    heading = ParagraphStyle("heading", plain, fontName=FONT_BOLD, fontSize=13, leading=18, spaceBefore=14,
                             spaceAfter=4, keepWithNext=1)  # fmt: skip
    item = ParagraphStyle("item", plain, leftIndent=14, bulletIndent=2, spaceAfter=2)

    def part(name: str, lines: Sequence[str]) -> list[Any]:
        return [Paragraph(escape(name), heading), *(Paragraph(escape(line), item, bulletText="•") for line in lines)]

    parts = [one for name, lines in document.parts for one in part(name, lines)]
    return [Paragraph(escape(document.title), title), Paragraph(escape(document.about), plain), *parts]


def _number(canvas: Any, template: Any) -> None:
    """Write the number of the page below it."""
    canvas.saveState()
    canvas.setFont(FONT, 8)
    canvas.drawRightString(template.pagesize[0] - MARGIN, MARGIN / 2, str(canvas.getPageNumber()))
    canvas.restoreState()
