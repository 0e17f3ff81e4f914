"""Plays the story in a sandbox that runs already: `python -m sandbox.story http://127.0.0.1:PORT`."""

import asyncio
import sys

import aiohttp

from sandbox.story.client import StoryError
from sandbox.story.player import play


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def main() -> int:
    if len(sys.argv) != 2:
        sys.stderr.write("Usage: python -m sandbox.story URL\n")
        return 2
    try:
        done = asyncio.run(play(sys.argv[1], progress=_tell))
    except (StoryError, aiohttp.ClientError, TimeoutError) as problem:
        _tell(f"The story could not be played: {problem or 'no answer in time'}")
        return 1
    sys.stdout.write(f"{done.tickets} tickets, {done.failed} scenes failed\n")
    return 1 if done.failed else 0


if __name__ == "__main__":
    sys.exit(main())
