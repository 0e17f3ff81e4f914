"""Microsoft as requests of Teams and messages to it need it: the keys that it signs tokens with, and its logins."""

import time
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.teams.samples import APP

ISSUER = "https://api.botframework.com"
SERVICE = "https://smba.trafficmanager.net/emea/"


class Microsoft:
    """The keys of Microsoft, and its logins."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.port, self.asked, self.answer = (
            0,
            list[dict[str, str]](),
            (200, {"access_token": "t1", "expires_in": 3600}),
        )

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/keys", self._keys)
        app.router.add_post("/{tenant}/oauth2/v2.0/token", self._token)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def token(self, *, key: Any = None, **claims: Any) -> str:
        now = int(time.time())
        given = {"iss": ISSUER, "aud": APP, "serviceurl": SERVICE, "nbf": now - 60, "exp": now + 3600} | claims
        return jwt.encode(given, key or self.key, algorithm="RS256", headers={"kid": "k1"})

    async def _keys(self, _request: web.Request) -> web.Response:
        found = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return web.json_response({"keys": [found | {"kid": "k1", "use": "sig", "alg": "RS256"}]})

    async def _token(self, request: web.Request) -> web.Response:
        self.asked.append({**await request.post(), "tenant": request.match_info["tenant"]})  # type: ignore[dict-item]
        return web.json_response(self.answer[1], status=self.answer[0])
