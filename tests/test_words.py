"""What people and engineers read: buttons of two words, sentences in one piece, and no private words."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
READ_BY_PEOPLE = ("bot", "handlers", "domain")
PRIVATE = re.compile(
    r"\b(whom it concerns|reckon\w*|so-manieth|put off|whoever|somebody|nobody|deeds?|the house|the desk)\b",
    re.IGNORECASE,
)
# Lists of words that people write, and what people say in the sandbox's story.
PEOPLES_WORDS = {"domain/intake/suggestions.py", "domain/intake/chatter.py"}


def sources(*roots: str, kind: str = "*.py") -> Iterator[tuple[str, str]]:
    """Each file of that kind below these folders: its path and its text."""
    for root in roots:
        for path in sorted((ROOT / root).rglob(kind)):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def fixed(node: ast.AST) -> str:
    """The letters of a text that are always the same; a placeholder counts as one word."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "0" for part in parts)
    return ""


def has_words(node: ast.AST) -> bool:
    return bool(re.search(r"[A-Za-z]{2,}", fixed(node)))


def long_buttons(path: str, text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        is_button = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "button"
        labels = [node.args[0]] if isinstance(node, ast.Call) and is_button and node.args else []
        if isinstance(node, ast.keyword) and node.arg == "submit":
            labels.append(node.value)
        yield from (f"{path}:{label.lineno} {fixed(label)!r}" for label in labels if len(fixed(label).split()) > 2)


def glued(path: str, text: str) -> Iterator[str]:
    """Words that are chosen within a sentence or added to one, so that no catalogue of sentences could hold it."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FormattedValue):
            choices = [inner for inner in ast.walk(node.value) if isinstance(inner, ast.IfExp)]
            if any(has_words(branch) for choice in choices for branch in (choice.body, choice.orelse)):
                yield f"{path}:{node.lineno} {ast.unparse(node.value)}"
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            yield from (f"{path}:{node.lineno} {fixed(side)!r}" for side in (node.left, node.right)
                        if has_words(side) and " " in fixed(side))  # fmt: skip


def test_buttons_have_two_words_at_most() -> None:
    assert [line for path, text in sources("bot", "handlers") for line in long_buttons(path, text)] == []
    assert [*long_buttons("x.py", 'button("Reply to reporter", "reply")')] == ["x.py:1 'Reply to reporter'"]


def test_sentences_are_whole() -> None:
    assert [line for path, text in sources(*READ_BY_PEOPLE) for line in glued(path, text)] == []
    assert [*glued("x.py", "f\"{who} {'edited' if edited else 'wrote'} it\"")]
    assert [*glued("x.py", 'f"{count} open" + " and late"')]


def test_no_private_words_are_left() -> None:
    checked = ("bot", "domain", "storage", "handlers", "sandbox", "bench")
    files = [*sources(*checked), *sources("sandbox/page", kind="*.js"), *sources("docs", kind="*.md")]
    lines = [f"{path}: {line.strip()}" for path, text in files if path not in PEOPLES_WORDS
             for line in text.splitlines() if PRIVATE.search(line)]  # fmt: skip
    assert lines == []
