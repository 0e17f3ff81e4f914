"""Views over the Web API: triggers, the stack, hashes, and what was typed surviving an update."""

import time

import pytest

from sandbox import triggers
from tests.sandbox.conftest import send
from tests.sandbox.test_web_api import error


def field(block, action="value", **details):
    element = {"type": "plain_text_input", "action_id": action} | details
    label = {"type": "plain_text", "text": block.title()}
    return {"type": "input", "block_id": block, "label": label, "element": element, "optional": True}


def modal(*blocks, **details):
    shape = {"type": "modal", "callback_id": "form", "title": {"type": "plain_text", "text": "Form"}}
    return shape | {"submit": {"type": "plain_text", "text": "Send"}, "blocks": list(blocks)} | details


def home(text):
    return {"type": "home", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]}


@pytest.fixture
def client(shared_box):
    return shared_box.client


def test_a_trigger_works_once_and_not_for_long(shared_box, client, monkeypatch):
    assert error(client.views_open, trigger_id="1.2.x", view=modal(field("a")))["error"] == "invalid_trigger_id"
    trigger = shared_box.trigger()
    assert client.views_open(trigger_id=trigger, view=modal(field("a")))["view"]["root_view_id"]
    assert error(client.views_open, trigger_id=trigger, view=modal(field("a")))["error"] == "exchanged_trigger_id"
    late = shared_box.trigger()
    monkeypatch.setattr(triggers, "TRIGGER_SECONDS", 0.0)
    time.sleep(0.01)
    assert error(client.views_open, trigger_id=late, view=modal(field("a")))["error"] == "expired_trigger_id"


def test_a_wrong_view_is_refused_and_the_trigger_stays_good(shared_box, client):
    trigger = shared_box.trigger()
    without_submit = {key: value for key, value in modal(field("a")).items() if key != "submit"}
    answer = error(client.views_open, trigger_id=trigger, view=without_submit)
    assert answer["error"] == "invalid_arguments"
    assert "submit" in answer["response_metadata"]["messages"][0]
    assert client.views_open(trigger_id=trigger, view=modal(field("a")))["ok"]


def test_at_most_three_views_are_stacked(shared_box, client):
    first = client.views_open(trigger_id=shared_box.trigger(), view=modal(field("a")))["view"]
    second = client.views_push(trigger_id=shared_box.trigger(), view=modal(field("b")))["view"]
    assert (second["root_view_id"], second["previous_view_id"]) == (first["id"], first["id"])
    client.views_push(trigger_id=shared_box.trigger(), view=modal(field("c")))
    answer = error(client.views_push, trigger_id=shared_box.trigger(), view=modal(field("d")))
    assert answer["error"] == "push_limit_reached"
    assert len(shared_box.get("views", user="maria")["modals"]) == 3
    shared_box.post("close", user="maria", all=True)
    assert error(client.views_update, view_id=first["id"], view=modal(field("a")))["error"] == "not_found"


def test_an_update_needs_the_newest_hash_and_keeps_what_was_typed(shared_box, client):
    view = client.views_open(trigger_id=shared_box.trigger("tom"), view=modal(field("a"), field("b")))["view"]
    shared_box.post("submit", user="tom", values={"A": "typed", "b": {"value": "gone"}})
    fresh = client.views_update(view_id=view["id"], hash=view["hash"], view=modal(field("a"), field("b", "other")))
    values = fresh["view"]["state"]["values"]
    assert values["a"]["value"]["value"] == "typed"
    assert values["b"] == {"other": {"type": "plain_text_input", "value": None}}
    stale = error(client.views_update, view_id=view["id"], hash=view["hash"], view=modal(field("a")))
    assert stale["error"] == "hash_conflict"


def test_an_external_id_finds_a_view_and_is_unique(shared_box, client):
    client.views_open(trigger_id=shared_box.trigger("jo"), view=modal(field("a"), external_id="ticket-7"))
    found = client.views_update(external_id="ticket-7", view=modal(field("z"), external_id="ticket-7"))
    assert found["view"]["blocks"][0]["block_id"] == "z"
    answer = error(
        client.views_open, trigger_id=shared_box.trigger("sam"), view=modal(field("a"), external_id="ticket-7")
    )
    assert answer["error"] == "duplicate_external_id"


def test_the_home_is_published_per_person(shared_box, client):
    user = shared_box.user("ann")
    first = client.views_publish(user_id=user, view=home("one"))["view"]
    client.views_publish(user_id=user, view=home("two"), hash=first["hash"])
    stale = error(client.views_publish, user_id=user, view=home("three"), hash=first["hash"])
    assert stale["error"] == "hash_conflict"
    shown = shared_box.get("views", user="ann")["home"]
    assert shown["blocks"][0]["text"]["text"] == "two"
    assert shared_box.get("views", user="lena")["home"] is None


def test_every_kind_of_input_starts_with_its_initial_value(shared_box, client):
    maria = shared_box.user("maria")
    options = [{"text": {"type": "plain_text", "text": text}, "value": text.lower()} for text in ("One", "Two")]
    kinds = {
        "static_select": ({"options": options, "initial_option": options[0]}, "selected_option", options[0]),
        "multi_static_select": ({"options": options}, "selected_options", []),
        "checkboxes": ({"options": options, "initial_options": options}, "selected_options", options),
        "radio_buttons": ({"options": options}, "selected_option", None),
        "users_select": ({"initial_user": maria}, "selected_user", maria),
        "multi_users_select": ({"initial_users": [maria]}, "selected_users", [maria]),
        "datepicker": ({"initial_date": "2026-03-01"}, "selected_date", "2026-03-01"),
        "timepicker": ({"initial_time": "09:30"}, "selected_time", "09:30"),
        "datetimepicker": ({"initial_date_time": 1_770_000_000}, "selected_date_time", 1_770_000_000),
        "number_input": ({"is_decimal_allowed": False}, "value", None),
        "file_input": ({}, "files", []),
    }
    blocks = [field(kind, type=kind) for kind in kinds]
    for block, (details, _, _) in zip(blocks, kinds.values(), strict=True):
        block["element"] |= details
    view = client.views_open(trigger_id=shared_box.trigger("ravi"), view=modal(*blocks))["view"]
    for kind, (_, name, wanted) in kinds.items():
        assert view["state"]["values"][kind]["value"] == {"type": kind, name: wanted}


def test_values_are_given_by_text_name_and_file(shared_box, client):
    options = [{"text": {"type": "plain_text", "text": text}, "value": text.lower()} for text in ("One", "Two")]
    blocks = [
        field("pick", type="static_select", options=options),
        field("who", type="users_select"),
        field("where", type="multi_channels_select"),
        field("proof", type="file_input"),
        field("prose", type="rich_text_input"),
    ]
    client.views_open(trigger_id=shared_box.trigger("yuki"), view=modal(*blocks))
    file = shared_box.sandbox.world.workspace.files
    send(f"{shared_box.sandbox.url}/sandbox/upload?user=yuki&filename=shot.png", b"png")
    file_id = next(iter(file))
    values = {"pick": "Two", "Who": "lena", "where": ["#general"], "proof": [file_id], "prose": "It *broke*"}
    shared_box.post("submit", user="yuki", values=values)
    state = shared_box.get("views", user="yuki")["modals"][0]["state"]["values"]
    assert state["pick"]["value"]["selected_option"]["value"] == "two"
    assert state["who"]["value"]["selected_user"] == shared_box.user("lena")
    assert state["where"]["value"]["selected_channels"] == [shared_box.channel("general")]
    assert state["proof"]["value"]["files"][0]["name"] == "shot.png"
    assert state["prose"]["value"]["rich_text_value"]["elements"][0]["elements"][0]["text"] == "It *broke*"


def test_a_view_may_close_everything_and_start_with_the_conversation_it_came_from(shared_box, client):
    trigger = shared_box.sandbox.world.triggers.new(shared_box.user("lena"), shared_box.channel("general"))
    where = field("where", type="conversations_select", default_to_current_conversation=True)
    view = client.views_open(trigger_id=trigger, view=modal(where))["view"]
    assert view["state"]["values"]["where"]["value"]["selected_conversation"] == shared_box.channel("general")
    client.views_push(trigger_id=shared_box.trigger("lena"), view=modal(field("a"), clear_on_close=True))
    shared_box.post("close", user="lena")
    assert shared_box.get("views", user="lena")["modals"] == []
