"""Read a form that a browser has sent: its fields, and its files up to a number and a size."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web

from bot.transport.connections import read_body
from domain.mail.incoming import Attachment, safe_file_name

MAX_BYTES, MAX_FIELDS = 200_000, 60  # of a form without files
MAX_FILES, MAX_FILE_BYTES = 5, 10 * 1024 * 1024  # of all files together
UPLOAD_SECONDS = 120  # in which a form with files has to arrive
CHUNK = 64 * 1024
NO_FORM = (ValueError, AssertionError, LookupError, RuntimeError)  # what aiohttp makes of bodies that are no form
MULTIPART, USUAL_KIND = "multipart/form-data", "application/octet-stream"


class UnreadableFormError(Exception):
    """What was sent is no form."""


class TooManyFilesError(Exception):
    """The files are too many or too large."""


@dataclass(frozen=True, slots=True)
class SubmittedForm:
    values: Mapping[str, str]
    files: Sequence[Attachment] = ()


async def read_form(request: web.Request, *, takes_files: bool) -> SubmittedForm:
    """Return what was filled in; UnreadableFormError, TooManyFilesError, or what `read_body` raises."""
    if takes_files and request.content_type == MULTIPART:
        async with asyncio.timeout(UPLOAD_SECONDS):
            return await _read_parts(request)
    body = (await read_body(request, MAX_BYTES)).decode(errors="replace")
    try:
        given = dict(parse_qsl(body, keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError:
        raise UnreadableFormError from None
    return SubmittedForm({name: text.replace("\0", "") for name, text in given.items()})


async def _read_parts(request: web.Request) -> SubmittedForm:
    if (request.content_length or 0) > MAX_FILE_BYTES + MAX_BYTES:
        raise TooManyFilesError
    values, files, left = dict[str, str](), list[Attachment](), [MAX_BYTES, MAX_FILE_BYTES]
    async for part in _parts(request):
        is_file = bool(part.filename)
        content = await _content(part, left[is_file])
        left[is_file] -= len(content)
        if is_file and content:
            if len(files) == MAX_FILES:
                raise TooManyFilesError
            kind = part.headers.get("Content-Type", "").partition(";")[0].strip().lower() or USUAL_KIND
            files.append(Attachment(safe_file_name(part.filename or "", len(files) + 1), kind, content))
        elif not is_file and part.name and part.name != "files":  # where no file was chosen, it has no file name
            values[part.name] = content.decode(errors="replace").replace("\0", "")
    return SubmittedForm(values, files)


async def _parts(request: web.Request) -> AsyncIterator[BodyPartReader]:
    """Yield the parts of a form; UnreadableFormError where it has too many, or is none."""
    number = 0
    try:
        reader = await request.multipart()
        while isinstance(part := await reader.next(), BodyPartReader) and number < MAX_FIELDS:
            yield part
            number += 1
    except NO_FORM:
        raise UnreadableFormError from None
    if part is not None:
        raise UnreadableFormError


async def _content(part: BodyPartReader, limit: int) -> bytes:
    content = bytearray()
    try:
        while len(content) <= limit and (chunk := await part.read_chunk(CHUNK)):
            content += chunk
    except NO_FORM:
        raise UnreadableFormError from None
    if len(content) > limit:
        raise TooManyFilesError
    return bytes(content)
