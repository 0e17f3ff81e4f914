"""`python -m bench.steps_due URL SECONDS`: nothing but a clock; it prints how late each step was, and what it cost."""

import json
import sys
import time

from bot.context import AppContext, utc_now
from bot.database import open_store
from bot.services.registry import FEATURES
from bot.workers.clock import TimerClock

SETTLE = 3.0  # seconds after the start


def main(url: str, seconds: float) -> None:
    late: list[float] = []
    store = open_store(url)
    app = AppContext(
        features=FEATURES, store=store, now=utc_now, workspace="https://bench.slack.com/", bot_user="U0BENCHBOT"
    )
    clock = TimerClock(app, late=lambda span: late.append(span.total_seconds()))
    app.wake_clock = clock.wake
    clock.start()
    time.sleep(SETTLE)
    late.clear()
    began, used = time.perf_counter(), time.process_time()
    time.sleep(seconds)
    cpu = (time.process_time() - used) / (time.perf_counter() - began)
    clock.stop()
    store.close()
    print(json.dumps({"late": late, "cpu": cpu}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
