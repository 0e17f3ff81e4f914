"""Create the Bolt app: it verifies and routes requests, acknowledges after the commit and never calls Slack itself."""

from collections.abc import Callable
from typing import Any

from slack_bolt import App, BoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

ANSWER_TIMEOUT = 3  # seconds for the one call a handler may make; later its answer is of no use


def create_bolt(client: WebClient, signing_secret: str | None, who: dict[str, Any]) -> App:
    """Return an app without listeners; handlers call Slack by `client`, and `who` is the answer of auth.test."""
    result = AuthorizeResult(enterprise_id=who.get("enterprise_id"), team_id=who["team_id"], bot_token=client.token,
                             bot_id=who.get("bot_id"), bot_user_id=who["user_id"])  # fmt: skip

    def authorize() -> AuthorizeResult:
        return result

    def with_client(context: BoltContext, next_: Callable[[], None]) -> None:
        context["client"] = client  # Bolt makes a new one for each request, which would not keep Slack's pauses
        next_()

    app = App(
        name="hypercare.bolt",
        client=WebClient(base_url=client.base_url),  # without a token, which Bolt would warn about
        signing_secret=signing_secret,
        authorize=authorize,
        # Acknowledge after the commit, without Bolt's pool of five and its 10 ms poll.
        process_before_response=True,
        token_verification_enabled=False,
        # The token of a step ends with it, and what follows from it may be sent later.
        attaching_function_token_enabled=False,
    )
    app.use(with_client)
    return app
