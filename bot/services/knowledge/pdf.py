"""The text of a PDF file; the library is loaded only where a guide is one."""

from pathlib import Path

from domain.knowledge.article import ArticleText
from domain.knowledge.documents import from_pages


class UnreadablePdf(Exception):  # noqa: N818 - it is told to a person
    """Why a PDF file has no text to import, as a sentence without its name."""


def read_pdf(file: Path) -> ArticleText:
    """Return a PDF file as an article: the title it names or else its file name, and the text of its pages.

    Raises UnreadablePdf for a file that is broken, protected by a password, or made of pictures.
    """
    # Only operators who import guides need it.
    from pypdf import PdfReader  # noqa: PLC0415
    from pypdf.errors import PyPdfError  # noqa: PLC0415

    try:
        reader = PdfReader(file)
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadablePdf("is protected by a password. Save it without one, then import it again.")
        title = str(reader.metadata.title or "") if reader.metadata else ""
        found = from_pages(title, [page.extract_text() for page in reader.pages], file.stem)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise UnreadablePdf("can't be read as a PDF file. Open it, save it anew, then import it again.") from error
    if not found.solution:
        raise UnreadablePdf("has no text, only pictures. Run text recognition on it, or list its address instead.")
    return found
