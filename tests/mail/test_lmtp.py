"""The LMTP server answers a mail server so that no mail is lost, whatever fails."""

import asyncio
import smtplib
from concurrent.futures import ThreadPoolExecutor

from structlog.testing import capture_logs

from bot.transport.lmtp import BUSY, LmtpServer
from tests.support.loop import Loop


def test_a_mail_is_asked_for_again_when_its_session_fails() -> None:
    """A refusal would be for good, with an error of ours in it."""

    async def fails(*_given: object) -> str:
        await asyncio.sleep(0)
        raise RuntimeError("What somebody wrote")

    loop, pool = Loop(), ThreadPoolExecutor(1)
    server = LmtpServer(lambda _address: None, lambda _address, _mail: None, pool, "")
    server.handle_RCPT = fails
    try:
        loop.run(server.start("127.0.0.1", 0))
        with capture_logs() as lines, smtplib.LMTP("127.0.0.1", server.port, timeout=20) as client:
            client.ehlo_or_helo_if_needed()
            client.mail("eva@customer.example")
            code, said = client.rcpt("pay@hypercare.example")
            assert f"{code} {said.decode()}" == BUSY
        assert lines == [{"event": "mail_not_taken", "error": "RuntimeError", "log_level": "error"}]
    finally:
        loop._loop.call_soon_threadsafe(server.stop)
        loop.close()
        pool.shutdown()
