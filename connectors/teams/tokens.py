"""Check that a request to the bot comes from Microsoft, with Microsoft's own library, the extra `teams`."""

import asyncio
from json import JSONDecodeError
from typing import Any

CHECK_SECONDS = 10.0  # Teams waits for its answer for 15
NO_JSON = (JSONDecodeError, UnicodeDecodeError, RecursionError)
NO_OBJECT = "did not return a JSON object"  # what PyJWT says of keys that are none; it has one error for many causes


class NotFromMicrosoft(Exception):  # noqa: N818 - reads as a state
    """The request has no valid token of Microsoft for this bot."""


class KeysUnreachable(Exception):  # noqa: N818 - reads as a state
    """Microsoft's keys can't be fetched now, so nothing can be said of the token."""


class TokenChecker:
    """Checks the tokens of one bot, one at a time. The library is loaded with the first of them.

    The library fetches Microsoft's keys in one of the threads that all parts of the bot share, for half a minute where
    nothing answers. Strangers who send tokens would take all of those threads if it did so for each of them.
    """

    def __init__(self, app_id: str, tenant: str) -> None:
        self._app_id, self._tenant = app_id, tenant
        self._validator: Any = None
        self._turn = asyncio.Lock()

    async def check(self, authorization: str) -> str:
        """Return the service URL that a token names, or ""; raise NotFromMicrosoft or KeysUnreachable."""
        kind, _, token = authorization.partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            raise NotFromMicrosoft
        from jwt import PyJWKClientConnectionError, PyJWKClientError, PyJWKSetError, PyJWTError, decode  # noqa: PLC0415 - of the extra
        from microsoft_agents.hosting.core.authorization import AuthenticationConstants as Known  # noqa: PLC0415

        try:
            issuer = decode(token.strip(), options={"verify_signature": False}).get("iss")
            if issuer not in (Known.AGENTS_SDK_TOKEN_ISSUER, Known.GOV_AGENTS_SDK_TOKEN_ISSUER):
                raise NotFromMicrosoft  # before any keys are fetched for it
            async with asyncio.timeout(CHECK_SECONDS):
                claims = await self._validate(token.strip())
        # The token itself is read by then, so what is no JSON is the answer in the place of the keys.
        except (PyJWKClientConnectionError, PyJWKSetError, *NO_JSON, TimeoutError):
            raise KeysUnreachable from None
        except PyJWKClientError as error:
            raise (KeysUnreachable if NO_OBJECT in str(error) else NotFromMicrosoft) from None
        except (PyJWTError, ValueError, KeyError, TypeError):
            raise NotFromMicrosoft from None
        return str(claims.get_claim_value("serviceurl") or "").rstrip("/")

    async def _validate(self, token: str) -> Any:
        """Return the claims of a token; a check that is given up keeps its turn until its thread has ended."""
        validator = self._loaded()
        await self._turn.acquire()
        checking = asyncio.ensure_future(validator.validate_token(token))
        checking.add_done_callback(self._checked)
        return await asyncio.shield(checking)

    def _checked(self, checking: "asyncio.Future[Any]") -> None:
        self._turn.release()
        if not checking.cancelled():
            checking.exception()  # which no one asks for once the check was given up

    def _loaded(self) -> Any:
        if self._validator is None:
            from microsoft_agents.hosting.core.authorization import AgentAuthConfiguration  # noqa: PLC0415 - as above
            from microsoft_agents.hosting.core.authorization.jwt import JwtTokenValidator  # noqa: PLC0415 - as above

            known = AgentAuthConfiguration(client_id=self._app_id, tenant_id=self._tenant, VALIDATE_ISSUER=True)
            self._validator = JwtTokenValidator(known)
        return self._validator
