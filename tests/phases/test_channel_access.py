"""A phase starts only where the bot can write: it joins public channels, and names those that it can't join."""

import pytest

from bot.context import AppContext
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.settings.errors import InvalidSettings
from domain.errors import Refused
from domain.phases.access import ChannelAccess
from domain.phases.settings import PhaseSettings, PhaseState
from storage.store import Store
from tests.conftest import Clock
from tests.phases.test_user_groups import pay
from tests.support.bot import BotWorkspace


def own_phase(slack: BotWorkspace, **changes: object) -> PhaseSettings:
    first = slack.settings.phase
    assert first
    return PhaseSettings.model_validate({**first.model_dump(), **changes})


@pytest.mark.shape("socket", "sqlite")
def test_run_refuses_a_phase_whose_channel_is_not_there_and_joins_those_that_it_may(slack: BotWorkspace) -> None:
    right, desk = slack.settings, slack.channel_id("hypercare-desk")
    slack.control.post("leave", user="hypercare", channel="hypercare-oncall")
    slack.stop_bot()
    slack.settings = right.model_copy(update={"phase": own_phase(slack, triage_channel="C0NOSUCH00")})
    with pytest.raises(InvalidSettings, match=r"PAY can't start\. Hypercare can't see C0NOSUCH00\. Check its id"):
        slack.start_bot()
    slack.settings = right.model_copy(
        update={"phase": own_phase(slack, name="Payday, the second", triage_channel=desk)}
    )
    slack.start_bot()
    assert pay(slack).name == "Payday, the second"
    slack.person("maria").reports("The till is down", "critical")
    slack.channel("hypercare-oncall").expects("The till is down")


def test_setup_joins_channels_and_names_those_that_it_cannot_join(slack: BotWorkspace) -> None:
    lena = slack.person("lena")
    for channel in ("hypercare-oncall", "hypercare-digest"):
        slack.control.post("leave", user="hypercare", channel=channel)
    slack.control.post("channel", channel="hypercare-digest", private=True)
    lena.opens("/hypercare setup PAY").fills(name="Payday").submits()
    said = lena.modal().words
    assert "Hypercare can't see" in said
    assert "If it is private, type /invite @hypercare in it" in said.replace("`", "")
    assert "Messages for these channels wait until then" in said
    assert said.count("/invite") == 1, "it has joined the public one"
    slack.person("maria").reports("The till is down", "critical")
    slack.channel("hypercare-oncall").expects("The till is down")


@pytest.mark.parametrize("access", [one for one in ChannelAccess if one is not ChannelAccess.MEMBER])
def test_a_phase_starts_unless_slack_refuses_a_channel_for_certain(
    store: Store, clock: Clock, access: ChannelAccess
) -> None:
    app = AppContext(features=FEATURES, store=store, now=clock)
    app.enter_channels = lambda channels: dict.fromkeys(sorted(channels)[:1], access)
    file = PhaseSettings(key="PAY", name="Payday", triage_channel="C0000000001", oncall_channel="C0000000002",
                         leads=("U0000000001",))  # fmt: skip
    if access.is_refusal:
        with pytest.raises(Refused, match=r"PAY can't start\..*C0000000001"):
            phases.apply_at_start(app, file)
        assert phases.list_phases(app) == []
        file = file.model_copy(update={"state": PhaseState.PLANNED})  # which writes nothing yet
    phases.apply_at_start(app, file)
    assert [one.key for one in phases.list_phases(app)] == ["PAY"]
