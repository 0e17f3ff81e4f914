"""The page of a phase in the sandbox's Slack: a canvas that is written anew, and a pinned agenda where it can't be."""

from typing import Any

from slack_sdk import WebClient

from bot.services.phases import phases
from bot.views.warroom.phase_pages import MARK
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.days import passes, to_monday
from tests.support.oncall import changed

DIGESTS = "hypercare-digest"


def with_agenda(slack: BotWorkspace) -> None:
    to_monday(slack, "08:30")
    app = slack.application.context
    settings = changed(phases.get_phase(app, "PAY").settings, war_room={"agenda": "08:45"})
    phases.apply_settings(app, settings)


def canvas(slack: BotWorkspace, *words: str) -> str:
    """Wait until the canvas of the team's channel says all of this; return its text."""

    def found() -> str:
        text = str((here(slack)["canvas"] or {}).get("text", ""))
        return text if all(one in text for one in words) else ""

    return eventually(found, f"a canvas with {words}", instead=lambda: str(here(slack)["canvas"]))


def here(slack: BotWorkspace) -> dict[str, Any]:
    return next(one for one in slack.control.get("state")["channels"] if one["name"] == DIGESTS)


def client(slack: BotWorkspace) -> WebClient:
    return WebClient(slack.box.bot_token, base_url=slack.box.api_url, retry_handlers=[])


def pins(slack: BotWorkspace) -> list[str]:
    return [*slack.box.world.workspace.channel(DIGESTS).pins]


def test_the_page_of_a_phase_is_the_canvas_of_its_channel_and_written_anew_each_day(slack: BotWorkspace) -> None:
    slack.person("maria").reports("Nobody can pay [here](https://bad.example) # now", "critical")
    with_agenda(slack)
    passes(slack, minutes=20)
    text = canvas(slack, MARK, "### Critical")
    assert r"**PAY-1** Nobody can pay \[here\](https://bad.example) \# now · " in text
    assert "**Leads**: Lena" in text
    assert "`/hypercare report`" in text
    assert (
        text.index("## Agenda of") < text.index("## Dates") < text.index("## Known issues") < text.index("## Figures")
    )
    assert pins(slack) == []
    slack.channel(DIGESTS).expects("Agenda of")
    slack.person("maria").reports("The export is empty", "critical")
    passes(slack, days=1)
    assert "Nobody can pay" in canvas(slack, "The export is empty").partition("## Known issues")[0]
    client(slack).canvases_delete(canvas_id=_file_id(slack))
    passes(slack, days=1)
    canvas(slack, "The export is empty")


def test_a_canvas_that_people_wrote_stays_and_the_agenda_is_pinned(slack: BotWorkspace) -> None:
    with_agenda(slack)
    document = {"type": "markdown", "markdown": "# Our own notes"}
    client(slack).conversations_canvases_create(channel_id=here(slack)["id"], document_content=document)
    passes(slack, minutes=20)
    eventually(lambda: pins(slack), "the pinned agenda")
    assert canvas(slack) == "# Our own notes"
    first = pins(slack)
    passes(slack, days=1)
    eventually(lambda: len(pins(slack)) == 1 and pins(slack) != first, "the agenda of the next day instead of the last")
    client(slack).canvases_delete(canvas_id=_file_id(slack))
    passes(slack, days=1)
    canvas(slack, MARK)
    eventually(lambda: pins(slack) == [], "nothing pinned beside the page")


def test_a_page_whose_answer_was_lost_is_known_again(slack: BotWorkspace) -> None:
    with_agenda(slack)
    slack.fails("conversations.canvases.create", drop_reply=True, times=1)
    passes(slack, minutes=20)
    canvas(slack, MARK)
    passes(slack, minutes=5)
    assert pins(slack) == []


def _file_id(slack: BotWorkspace) -> str:
    return str(
        client(slack).conversations_info(channel=here(slack)["id"])["channel"]["properties"]["canvas"]["file_id"]
    )
