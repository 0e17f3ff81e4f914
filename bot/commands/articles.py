"""`hypercare articles import | export`: bring guides into the knowledge base, and write its articles to a folder."""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.cli import CommandError
from bot.commands import common
from bot.extras import PDF
from bot.services.knowledge import folder
from bot.services.knowledge.pdf import UnreadablePdf, read_pdf
from domain.knowledge import documents
from domain.knowledge.article import ArticleText
from domain.text import plural

MAX_BYTES = 20_000_000  # of one file
READERS: dict[str, Callable[[str, str], ArticleText]] = {
    ".md": documents.from_markdown, ".markdown": documents.from_markdown, ".html": documents.from_html,
    ".htm": documents.from_html, ".txt": documents.from_text,
}  # fmt: skip
LINKS = ".links"  # a file of addresses, one a line
PAGES = ".pdf"
KINDS = (*READERS, PAGES, LINKS)


def main(args: argparse.Namespace) -> int:
    print({"import": _import, "export": _export}[args.action](args))  # noqa: T201 - the command's result
    return 0


def _import(args: argparse.Namespace) -> str:
    guides = [guide for path in args.paths for guide in _guides(path)]
    if not guides:
        raise CommandError(f"Nothing to import was found. Name files or folders with {', '.join(KINDS)}.")
    with common.app_context(args.config) as app:
        new, changed = folder.import_guides(app, args.key, guides)
    read = plural(len(guides), "1 guide", "{count} guides")
    return (
        f"Read {read}: {new} new, {changed} changed. People find them with `/hypercare articles` and while they report."
    )


def _guides(path: Path) -> Iterator[tuple[str, ArticleText]]:
    """Yield (source, article) of a file, or of each file in a folder that can be read."""
    if path.is_dir():
        for file in sorted(one for one in path.rglob("*") if one.is_file() and _can_read(one)):
            yield from _read(file, file.relative_to(path).as_posix())
    elif _can_read(path):
        yield from _read(path, path.name)
    else:
        raise CommandError(f"{path} is no folder and no file of these kinds: {', '.join(KINDS)}.")


def _can_read(file: Path) -> bool:
    return file.suffix.lower() in KINDS


def _read_pdf(file: Path) -> ArticleText:
    if not PDF.is_installed:
        raise CommandError(PDF.missing)
    try:
        return read_pdf(file)
    except UnreadablePdf as error:
        raise CommandError(f"{file} {error}") from None


def _read(file: Path, source: str) -> Iterator[tuple[str, ArticleText]]:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise CommandError(f"{file} is larger than {MAX_BYTES:,} bytes. Split it, or list its address instead.")
        if file.suffix.lower() == PAGES:
            yield source, _read_pdf(file)
            return
        content = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CommandError(f"The file {file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise CommandError(f"The file {file} is not UTF-8 text. Save it as UTF-8, then import it again.") from None
    if file.suffix.lower() == LINKS:
        for text in documents.from_links(content):
            yield text.link, text
    else:
        yield source, READERS[file.suffix.lower()](content, file.stem)


def _export(args: argparse.Namespace) -> str:
    with common.app_context(args.config) as app:
        pages = folder.export_pages(app, args.key, team=args.team)
        args.out.mkdir(parents=True, exist_ok=True)
        for name, page in pages:
            (args.out / name).write_text(page, encoding="utf-8")
    return plural(len(pages), "Wrote 1 article to {out}.", "Wrote {count} articles to {out}.", out=args.out)
