"""War rooms in Slack: a critical in a channel of its own, and one for which Slack creates no channel."""

from bot.services.phases import phases
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.days import passes
from tests.support.oncall import changed

CHANNEL = "pay-1-war-room"


def test_a_critical_is_worked_on_in_a_channel_of_its_own(slack: BotWorkspace) -> None:
    maria, jo, lena = map(slack.person, ("maria", "jo", "lena"))
    maria.reports("Nobody can pay", "critical")
    card = slack.triage.expects("Nobody can pay")
    jo.types("/hypercare warroom PAY-1", "hypercare-desk")
    card.expects_reply("opened a war room")
    war_room = slack.channel(CHANNEL).expects("War room of PAY-1")

    def channel() -> dict[str, object]:
        return next(one for one in slack.control.get("state")["channels"] if one["name"] == CHANNEL)

    eventually(lambda: {maria.id, jo.id} <= {*channel()["members"]}, "the people")  # type: ignore[misc]
    eventually(lambda: channel()["topic"] == "Critical · Acknowledged · PAY-1 Nobody can pay", "the topic")
    jo.presses(war_room, "Set roles")
    assert jo.modal().fills(lead=lena.id).submits()["closed"]
    slack.channel(CHANNEL).expects("Incident lead: <@")
    eventually(lambda: lena.id in channel()["members"], "the incident lead")  # type: ignore[operator]
    jo.opens("/hypercare status PAY-1", "hypercare-desk").fills(status="fixing").submits()
    eventually(lambda: str(channel()["topic"]).startswith("Critical · Fix in progress"), "the new topic")
    lena.says("The certificate ran out at ten", CHANNEL)
    jo.reacts(slack.channel(CHANNEL).expects("The certificate ran out"), "pushpin")
    eventually(lambda: _noted(slack), "the timeline")
    jo.presses(war_room.now(), "Wrap up")
    assert "The certificate ran out" in str(jo.modal().words)
    assert jo.modal().fills(summary="The certificate is new. A reminder is set.").submits()["closed"]
    assert "The certificate ran out" in card.expects_reply("closed the war room of PAY-1").words
    eventually(lambda: channel()["is_archived"], "the archive")
    assert "Wrap up" not in slack.channel(CHANNEL).expects("War room of PAY-1").buttons


def _noted(slack: BotWorkspace) -> bool:
    with slack.application.store.read() as tx:
        return bool(tx.war_rooms.list_entries(1))


def test_without_a_channel_the_war_room_is_the_thread_of_the_card(slack: BotWorkspace) -> None:
    slack.fails("conversations.create", error="restricted_action", times=1)
    slack.person("maria").reports("Nobody can pay", "critical")
    card = slack.triage.expects("Nobody can pay")
    jo = slack.person("jo")
    jo.types("/hypercare warroom PAY-1", "hypercare-desk")
    card.expects_reply("The workspace doesn't let apps create channels, so this thread is the war room of PAY-1")
    jo.presses(card.expects_reply("War room of PAY-1"), "Wrap up")
    assert jo.modal().fills(summary="It was the cable").submits()["closed"]
    card.expects_reply("It was the cable")


def test_what_is_promised_below_the_agenda_reaches_its_ticket_by_one_reaction(slack: BotWorkspace) -> None:
    app = slack.application.context
    with_agenda = changed(phases.get_phase(app, "PAY").settings, war_room={"agenda": "10:10"})
    phases.apply_settings(app, with_agenda)
    slack.person("maria").reports("The export is slow")
    card = slack.triage.expects("The export is slow")
    passes(slack, minutes=15)
    digests = slack.channel("hypercare-digest")
    agenda = digests.expects("Agenda of")
    lena, jo = slack.person("lena"), slack.person("jo")
    ts = lena.replies(agenda, "I ask the vendor about PAY-1 until noon")
    slack.control.post("reaction", user=jo.name, channel=digests.name, ts=ts, name="pushpin")
    assert "I ask the vendor about PAY-1" in digests.expects("Decided and promised in the agenda").words
    card.expects_reply("noted this from")
    slack.control.post("reaction", user=jo.name, channel=digests.name, ts=ts, name="pushpin", remove=True)
    card.expects_reply("took back a note")
