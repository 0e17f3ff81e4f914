"""Runs the sandbox alone: `python -m sandbox --port 0`."""

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from sandbox.cast import InvalidCastError, read_cast
from sandbox.clock import checked
from sandbox.manifest import InvalidManifestError, tokens_of
from sandbox.server import Sandbox


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sandbox", description="A Slack-compatible workspace on this machine.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--mode", choices=("socket", "http"), default="socket")
    parser.add_argument("--request-url", help="where the app listens in HTTP mode")
    parser.add_argument("--manifest", type=Path, default=Path("manifest.yaml"))
    parser.add_argument("--add", type=Path, action="append", default=[], help="the manifest of one more app")
    parser.add_argument("--cast", type=Path, help="people and channels of your own")
    parser.add_argument("--data", type=Path, help="folder that keeps the workspace between runs")
    parser.add_argument("--no-rate-limits", action="store_true")
    parser.add_argument("--speed", type=_speed, default=1.0, help="how much faster than real time its clock runs")
    parser.add_argument("--grid", action="store_true", help="two workspaces in one Enterprise Grid organization")
    parser.add_argument("--connect", action="store_true", help="also people of another company, a guest, another app")
    parser.add_argument("--plan", choices=("paid", "free"), default="paid", help="a free plan has no user groups")
    parser.add_argument("--refuse", type=names, default=(), help="kinds of blocks it refuses, such as data_table,card")
    return parser.parse_args()


def names(text: str) -> list[str]:
    """Names with commas between them."""
    return [one.strip() for one in text.split(",") if one.strip()]


def _speed(text: str) -> float:
    try:
        return checked(float(text))
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


async def run(options: argparse.Namespace) -> None:
    box = Sandbox(
        manifest=options.manifest,
        people=read_cast(options.cast) if options.cast else None,
        port=options.port,
        mode=options.mode,
        request_url=options.request_url,
        data=options.data,
        rate_limits=not options.no_rate_limits,
        speed=options.speed,
        grid=options.grid,
        connect=options.connect,
        plan=options.plan,
        refuse=options.refuse,
        beside=options.add,
    )
    await box.start()
    first, *others = [tokens_of(one) for one in box.apps]
    apps = {"apps": others} if others else {}
    sys.stdout.write(json.dumps({"url": box.url, "api": box.api_url} | first | apps | box.clock.reading()) + "\n")
    sys.stdout.flush()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    await box.stop()


if __name__ == "__main__":
    try:
        asyncio.run(run(_options()))
    except (InvalidManifestError, InvalidCastError) as wrong:
        sys.exit(str(wrong))
