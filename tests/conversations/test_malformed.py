"""Signed payloads whose parts are not what they should be: nothing happens, and nothing breaks."""

from typing import Any

import pytest
from slack_sdk import WebClient
from structlog.testing import capture_logs

from bot.context import AppContext
from bot.services.phases import phases
from bot.services.registry import FEATURES
from domain.phases.settings import PhaseSettings
from handlers import adapters, routes
from storage.store import Store
from tests.conftest import Clock

MARIA, INTAKE = "U0MARIA00", "C0HELP000"
SAID = {"type": "message", "user": MARIA, "channel": INTAKE, "ts": "1.1", "text": "The till is down"}
BROKEN = ("a text", 7, ["a list"], True, None)


@pytest.fixture
def app(store: Store, clock: Clock) -> AppContext:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT0000")
    phases.apply_settings(app, PhaseSettings.model_validate({
        "key": "PAY", "name": "Payday", "triage_channel": "C0DESK000", "oncall_channel": "C0CALL000",
        "leads": ("U0LENA000",), "intake": {"auto_intake": (INTAKE,)},
    }))  # fmt: skip
    return app


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize("broken", BROKEN, ids=str)
@pytest.mark.parametrize("event", [
    {**SAID, "subtype": "message_changed", "message": ..., "previous_message": {"ts": "1.1", "text": "It is down"}},
    {**SAID, "subtype": "message_changed", "message": {"ts": "1.1", "text": "It is up"}, "previous_message": ...},
    {**SAID, "subtype": "message_changed", "message": {"user": MARIA, "text": "It is up"}, "previous_message": ...},
    {**SAID, "subtype": "message_deleted", "deleted_ts": "1.1", "previous_message": ...},
    {"type": "reaction_added", "user": MARIA, "reaction": "eyes", "item": ...},
    {"type": "reaction_removed", "user": MARIA, "reaction": "eyes", "item": ...},
    {"type": "message", "user": MARIA, "channel": INTAKE, "thread_ts": "1.1", "text": ...},
])  # fmt: skip
def test_an_event_with_a_broken_part_is_acknowledged_and_does_nothing(
    app: AppContext, event: dict[str, Any], broken: object
) -> None:
    sent = {name: broken if value is ... else value for name, value in event.items()}
    acknowledged = list[str]()
    call = {"event": sent, "event_id": "Ev1"}
    with capture_logs() as lines:
        answered = adapters.event(app, routes.EVENTS, routes.COMMANDS, lambda: acknowledged.append("ack"),  # type: ignore[arg-type]
                                  call, WebClient("xoxb-none"), 0)  # fmt: skip
    assert (answered, acknowledged) == (None, ["ack"])
    assert [line for line in lines if line["log_level"] == "error"] == []
    with app.store.read() as tx:
        assert not any(tx.message_archive.count_by_state().values())


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_a_shortcut_on_a_broken_message_opens_an_empty_form(app: AppContext, broken: object) -> None:
    acknowledged, opened = list[str](), list[dict[str, Any]]()
    client = WebClient("xoxb-none")
    client.views_open = lambda **given: opened.append(given["view"])  # type: ignore[method-assign,assignment,return-value]
    adapters.shortcut(app, routes.SHORTCUTS, lambda: acknowledged.append("ack"),  # type: ignore[arg-type]
                      {"callback_id": "report_message", "user": {"id": MARIA}, "trigger_id": "1.2",
                       "message": broken}, client)  # fmt: skip
    assert acknowledged == ["ack"]
    assert [one["title"]["text"] for one in opened] == ["Report a problem"]
