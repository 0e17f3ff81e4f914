"""Links to tickets: where they lead, and what is unfolded of them for whom."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bot.commands import sandbox as command
from bot.services.tickets.links import place_of
from tests.support import bot as support
from tests.support import ready
from tests.support.bot import BotWorkspace, free_port, running
from tests.support.control import eventually

PUBLIC = "https://tickets.example/hypercare"


@pytest.fixture
def linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BotWorkspace]:
    """A workspace in which the app's manifest names the domain of its public URL, as docs/install.md says."""
    manifest = yaml.safe_load(command.MANIFEST.read_text(encoding="utf-8"))
    manifest["features"]["unfurl_domains"] = ["tickets.example"]
    file = tmp_path / "manifest.yaml"
    file.write_text(yaml.safe_dump(manifest), encoding="utf-8")
    monkeypatch.setattr(support, "MANIFEST", file)
    port = free_port()
    with running(ready.sqlite(tmp_path / "x.db"), public_url=PUBLIC, monitor_port=port) as slack:
        slack.monitor = f"http://127.0.0.1:{port}"  # type: ignore[attr-defined]
        yield slack


def unfolded(slack: BotWorkspace, channel: str, ts: str) -> list[dict[str, object]]:
    (message,) = (one for one in slack.messages(channel) if one.ts == ts)
    return list(message.raw.get("attachments") or [])


def test_a_link_to_a_ticket_is_unfolded_as_a_card_or_a_work_object(linked: BotWorkspace) -> None:
    maria, jo = linked.person("maria"), linked.person("jo")
    maria.reports("The payslip is <blank>", "high")
    linked.triage.expects("PAY-1")
    assert f"Link to share: {PUBLIC}/tickets/PAY-1" in str(jo.types("/hypercare show PAY-1"))
    ts = jo.says(f"Look at {PUBLIC}/tickets/PAY-1, please", "general")
    (card,) = eventually(lambda: unfolded(linked, "general", ts), "the card")
    assert "PAY-1" in str(card["blocks"])
    assert "&lt;blank&gt;" in str(card["blocks"])
    linked.control.post("work_objects", enabled=True)
    ts = jo.says(f"{PUBLIC}/tickets/PAY-1", "general")
    (shown,) = eventually(lambda: unfolded(linked, "general", ts), "the Work Object")
    assert shown["title"] == "The payslip is <blank>"
    linked.control.post("entity", user="maria", channel="general", ts=ts)
    (panel,) = eventually(lambda: linked.calls("entity.presentDetails"), "the side panel")
    assert panel["args"]["metadata"]["external_ref"] == {"id": "PAY-1", "type": "ticket"}
    assert panel["response"]["ok"]
    linked.fails("chat.unfurl", status=500, times=2)
    ts = jo.says(f"Again {PUBLIC}/tickets/PAY-1", "general")
    eventually(lambda: unfolded(linked, "general", ts), "unfolded when the event comes again")


def test_nothing_is_told_of_private_and_unknown_tickets(linked: BotWorkspace) -> None:
    maria, jo, lena = linked.person("maria"), linked.person("jo"), linked.person("lena")
    maria.reports("Everyone can read salaries", "high", type="security")
    maria.reports("The payslip is blank", "high")
    linked.triage.expects("PAY-2")
    linked.quiet()
    for who in (maria, lena):
        who.says(f"{PUBLIC}/tickets/PAY-1 {PUBLIC}/tickets/PAY-99 https://tickets.example/x", "general")
    with_guest = jo.says(f"{PUBLIC}/tickets/PAY-2", "payroll-help")  # a channel with another company
    ts = jo.says(f"{PUBLIC}/tickets/PAY-2", "general")
    eventually(lambda: unfolded(linked, "general", ts), "a public one")
    assert unfolded(linked, "payroll-help", with_guest) == []
    assert [one["args"]["ts"] for one in linked.calls("chat.unfurl") if one["response"]["ok"]] == [ts]
    app = linked.application.context
    assert place_of(app, "PAY-1") == place_of(app, "PAY-99") == place_of(app, "x") == app.home_link
    assert "/archives/" in place_of(app, "PAY-2")


def test_the_address_of_a_ticket_leads_to_its_card(linked: BotWorkspace) -> None:
    linked.person("maria").reports("The payslip is blank", "high")
    card = linked.triage.expects("PAY-1")
    linked.quiet()

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_given: object) -> None:
            return None

    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.build_opener(Stay).open(f"{linked.monitor}/tickets/PAY-1")  # type: ignore[attr-defined]
    with answer.value as found:
        assert found.status == 302
        assert found.headers["Location"].endswith(f"/p{card.ts.replace('.', '')}")


def test_the_home_link_has_slacks_documented_form(slack: BotWorkspace) -> None:
    app = slack.application.context
    assert f"app_redirect?app={slack.box.world.app.id}&team={slack.box.team_id}&tab=home" in app.home_link
    app.workspace = "https://acme.slack.com/"
    assert app.home_link.startswith("https://slack.com/app_redirect?app=")
