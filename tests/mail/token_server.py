"""An endpoint that gives access tokens, and tells a mail server whether one is valid (RFC 6749, RFC 7662)."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from urllib.parse import parse_qsl

CLIENT, SECRET, REFRESH = "the-client", "the-secret-of-it", "the-refresh-token"


class TokenServer:
    """`valid` are the tokens that mail servers accept, for `user`."""

    def __init__(self, user: str) -> None:
        self.user, self.valid = user, set[str]()
        self.asked = list[dict[str, str]]()
        self.status = 200
        self.port = 0
        self._numbers = count(1)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, path: str, given: dict[str, str]) -> tuple[int, dict[str, object]]:
        if path == "/introspect":
            return 200, {"active": given.get("token") in self.valid, "username": self.user, "email": self.user}
        self.asked.append(given)
        known = (given.get("client_id"), given.get("client_secret")) == (CLIENT, SECRET)
        grants = given.get("grant_type") == "client_credentials" or given.get("refresh_token") == REFRESH
        if self.status != 200 or not (known and grants):
            return self.status if self.status != 200 else 400, {"error": "invalid_grant"}
        token = f"token-{next(self._numbers)}"
        self.valid.add(token)
        return 200, {"access_token": token, "expires_in": 3600, "token_type": "Bearer"}

    @contextmanager
    def running(self) -> Iterator["TokenServer"]:
        answer = self.answer

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                status, said = answer(self.path, dict(parse_qsl(body)))
                content = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_given: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
