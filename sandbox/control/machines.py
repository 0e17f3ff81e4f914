"""What machines do: a monitoring system sends an alert to the app."""

import aiohttp

from sandbox import machines
from sandbox.control.ask import Ask, Body, RefusedError, Route
from sandbox.machines import STATES, Signal

TIMEOUT = aiohttp.ClientTimeout(total=15)


def kinds(ask: Ask) -> Body:
    """The kinds of machines, and the address of the app's integrations if it is known; `{kind}` stands for the kind."""
    return {"kinds": machines.kinds(), "address": ask.world.signals_url}


async def send(ask: Ask) -> Body:
    """A machine sends an alert to `url`, or to the app's integration; returns the status and the text of the answer."""
    kind, state = ask.text("kind"), ask.text("state", "firing")
    if kind not in machines.kinds():
        raise RefusedError(f"There is no kind {kind}. There are: {', '.join(machines.kinds())}.")
    if state not in STATES:
        raise RefusedError("state has to be firing or resolved.")
    url = ask.text("url") or ask.world.signals_url.replace("{kind}", kind)
    if not url.startswith(("http://", "https://")):
        raise RefusedError(
            "url has to be the address of an integration, such as http://127.0.0.1:8000/signals/PAY/kuma."
        )
    signal = Signal(kind=kind, name=ask.text("name", "Payroll is down"), state=state,
                    severity=ask.text("severity", "high"))  # fmt: skip
    name, now = f"{kind} {signal.name}", ask.world.clock.now()
    since = ask.world.firing.setdefault(name, now) if state == "firing" else ask.world.firing.pop(name, now)
    body, headers = machines.request_of(signal, ask.text("secret"), since, now)
    try:
        async with aiohttp.ClientSession(timeout=TIMEOUT) as session, session.post(
            url, data=body, headers=headers
        ) as answer:  # fmt: skip
            return {"status": answer.status, "answer": await answer.text()}
    except (aiohttp.ClientError, TimeoutError) as error:
        raise RefusedError(f"{url} did not answer ({type(error).__name__}).", 502) from None


ROUTES = (
    Route("GET", "signals", kinds),
    Route("POST", "signal", send, ("kind", "secret"), ("name", "state", "severity", "url")),
)
