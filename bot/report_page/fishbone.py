"""A fishbone as SVG: the problem is the head, each branch a bone with its contributing factors."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from domain.problems.problem import Problem
from domain.text import shorten

WIDTH, SPINE, STEP, LINE = 1100, 300, 20, 44  # pixels: of the drawing, of the spine from above, between texts
FONT = 'font-family="system-ui, sans-serif"'


def fishbone(problem: Problem, branches: Sequence[str]) -> str:
    """Return the drawing of a problem; branches alternate above and below the spine."""
    bones = [*problem.by_branch(branches).items()]
    columns = max(1, (len(bones) + 1) // 2)
    width = (WIDTH - 280) / columns
    parts = [_line(20, SPINE, WIDTH - 240, SPINE, 3), _head(problem)]
    for n, (branch, causes) in enumerate(bones):
        up, x = n % 2 == 0, 40 + (n // 2) * width
        end = SPINE + (-1 if up else 1) * 220
        parts.append(_line(x, end, x + width * 0.6, SPINE, 2))
        parts.append(_text(x, end - 10 if up else end + 22, branch, bold=True))
        for row, one in enumerate(causes[:8]):
            share = (row + 1) / 10
            y = end + (SPINE - end) * share
            parts.append(_text(x + width * 0.6 * share + 8, y + 4, shorten(one.text, LINE)))
    drawn = "".join(parts)
    title = escape(f"Fishbone of {problem.name}: {problem.title}")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {2 * SPINE}" role="img">'
            f"<title>{title}</title>{drawn}</svg>")  # fmt: skip


def _head(problem: Problem) -> str:
    words, lines = problem.title.split(), [""]
    for word in words:
        if len(lines[-1]) + len(word) > 24:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    box = (
        f'<rect x="{WIDTH - 240}" y="{SPINE - 60}" width="230" height="120" rx="8" fill="none" stroke="currentColor"/>'
    )
    told = [_text(WIDTH - 228, SPINE - 36 + STEP * n, shorten(line, 28)) for n, line in enumerate(lines[:5])]
    return box + "".join(told)


def _line(x1: float, y1: float, x2: float, y2: float, width: int) -> str:
    return (f'<line x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}" stroke="currentColor" '
            f'stroke-width="{width}"/>')  # fmt: skip


def _text(x: float, y: float, text: str, *, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="13" {FONT}{weight} fill="currentColor">{escape(text)}</text>'
