"""Plays the story in a sandbox that runs already: `python -m sandbox.story http://127.0.0.1:PORT`."""

import asyncio
import sys

from sandbox.story.player import play


def main() -> int:
    if len(sys.argv) != 2:
        sys.stderr.write("Usage: python -m sandbox.story URL\n")
        return 2
    done = asyncio.run(play(sys.argv[1], progress=lambda line: sys.stderr.write(f"{line}\n") and None))
    sys.stdout.write(f"{done.tickets} tickets, {done.failed} scenes failed\n")
    return 1 if done.failed else 0


if __name__ == "__main__":
    sys.exit(main())
