"""Create the Bolt app: it verifies and routes requests, acknowledges after the commit and never calls Slack itself."""

from typing import Any

from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

ANSWER_TIMEOUT = 3  # seconds for the one call a handler may make; later its answer is of no use


def create_bolt(token: str, signing_secret: str | None, base_url: str, who: dict[str, Any]) -> App:
    """Return an app without listeners; `who` is the answer of auth.test."""
    result = AuthorizeResult(enterprise_id=who.get("enterprise_id"), team_id=who["team_id"], bot_token=token,
                             bot_id=who.get("bot_id"), bot_user_id=who["user_id"])  # fmt: skip

    def authorize() -> AuthorizeResult:
        return result

    return App(
        name="hypercare.bolt",
        client=WebClient(base_url=base_url, timeout=ANSWER_TIMEOUT, retry_handlers=[]),
        signing_secret=signing_secret,
        authorize=authorize,
        # Acknowledge after the commit, without Bolt's pool of five and its 10 ms poll.
        process_before_response=True,
        token_verification_enabled=False,
    )
