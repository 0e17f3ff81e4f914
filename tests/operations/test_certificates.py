"""Calls out trust the certificate authority of a company's own network, where SSL_CERT_FILE names it."""

import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import connector, web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bot.transport import calendar_download
from tests.support.command import ROOT, environment
from tests.support.loop import Loop

CALLS = """
import asyncio, sys
from datetime import UTC, datetime
from slack_sdk import WebClient
from bot.transport import model
from bot.transport.pauses import CallPauses
from bot.transport.proxies import proxy_for
from bot.transport.slack import AioSlackClient
from bot.transport.webhooks import AioWebhooks
from connectors.registry import open_tracker
from connectors.tracker import TrackerAccess

url = sys.argv[1]

async def calls():
    slack = AioSlackClient("xoxb-1", url + "/", CallPauses(lambda: datetime.now(UTC)))
    hooks = AioWebhooks({"webhook:ops": url}, None, {})
    jira = open_tracker("jira", TrackerAccess(url, "", "token", ""), proxy_for)
    yield "slack", slack.call("auth.test", {})
    yield "webhook", accepted(hooks)
    yield "tracker", jira._session.get(url + "/x")
    yield "sdk", asyncio.to_thread(WebClient(token="xoxb-1", base_url=url + "/").auth_test)
    yield "model", asyncio.to_thread(model.ask, model.ModelAccess(url, "m"), [])
    for one in (slack, hooks, jira):
        await one.close()

async def accepted(hooks):
    if failure := await hooks.tell("webhook:ops", 1, {}):
        raise OSError(failure.reason)

async def main():
    async for name, call in calls():
        try:
            await call
        except Exception as error:
            print(name, "no")
        else:
            print(name, "yes")

asyncio.run(main())
"""
EVERY = ("slack", "webhook", "tracker", "sdk", "model")
ANSWER = {
    "ok": True,
    "url": "https://slack.com/",
    "user_id": "U1",
    "team_id": "T1",
    "choices": [{"message": {"content": "Hello"}}],
    "usage": {},
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a server whose certificate only its own file proves, and that file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Our network")]), datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    pem, secret = tmp_path / "authority.pem", tmp_path / "key.pem"
    pem.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                         serialization.NoEncryption()))  # fmt: skip
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem, secret)
    with closing(Loop()) as loop:
        runner, port = loop.run(_serve(context))
        yield f"https://127.0.0.1:{port}", pem
        loop.run(runner.cleanup())


async def _serve(context: ssl.SSLContext | None) -> tuple[web.AppRunner, int]:
    async def answer(request: web.Request) -> web.Response:
        if "to" in request.query:
            raise web.HTTPFound(request.query["to"])
        return web.json_response(ANSWER)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    return runner, int(runner.addresses[0][1])


@pytest.mark.parametrize("trusts", [True, False])
def test_every_call_out_trusts_the_authorities_of_the_file_and_no_others(
    server: tuple[str, Path], trusts: bool, tmp_path: Path
) -> None:
    url, authority = server
    surroundings = environment(tmp_path) | ({"SSL_CERT_FILE": str(authority)} if trusts else {})
    done = subprocess.run([sys.executable, "-c", CALLS, url], env=surroundings, cwd=ROOT, text=True, timeout=60,
                          capture_output=True, check=True)  # fmt: skip
    assert done.stdout.splitlines() == [f"{name} {'yes' if trusts else 'no'}" for name in EVERY]


def test_a_calendar_is_read_from_https_alone(server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where its address leads elsewhere: anyone on the way could change what comes over HTTP."""
    url, authority = server
    monkeypatch.setattr(connector, "_SSL_CONTEXT_VERIFIED", ssl.create_default_context(cafile=authority))
    assert calendar_download.download(f"{url}/?to=/calendar", 1000).startswith(b"{")
    with closing(Loop()) as loop:
        runner, port = loop.run(_serve(None))
        with pytest.raises(calendar_download.NoCalendar, match="leads to an address that is not https"):
            calendar_download.download(f"{url}/?to=http://127.0.0.1:{port}/calendar", 1000)
        loop.run(runner.cleanup())
