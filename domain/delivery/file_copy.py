"""Copies of files: a file is seen only by its uploader and where it is shared, so the other side gets a copy."""

from enum import StrEnum

MAX_COPY_BYTES = 20 * 1024 * 1024


class FileProblem(StrEnum):
    """Why a file can't be copied, however often it is tried. The values stand in the database."""

    TOO_LARGE = "file_too_large"
    NOT_VISIBLE = "file_not_visible"  # the bot is not in the conversation where it is shared, or it was deleted
    NOT_PERMITTED = "file_scope_missing"  # the bot was installed without the permission for files
    NOT_ALLOWED = "file_not_allowed"  # the workspace allows no such uploads, or has no room for them
    NO_TRANSFER = "file_not_transferred"  # its bytes could not be read or sent, time and again
    NO_THREAD = "file_without_thread"  # what it belongs to was never posted
