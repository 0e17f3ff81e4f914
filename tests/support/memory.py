"""The file system in memory, for what a test writes: nothing of it has to survive a power cut."""

import os
import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")
FREE_BYTES = 2**31  # bytes that have to be free


def folder() -> Path | None:
    """Where there is one with space."""
    has_space = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > FREE_BYTES
    return MEMORY if has_space else None
