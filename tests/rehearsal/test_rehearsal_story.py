"""A rehearsal in Slack: everyone on call answers by a button, one channel refuses messages, and the verdict says so."""

from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.days import passes


def test_a_rehearsal_from_the_command_to_its_verdict(slack: BotWorkspace) -> None:
    lena = slack.person("lena")
    slack.fails("chat.postMessage", error="restricted_action", times=1)
    asked = lena.opens("/hypercare rehearse", "hypercare-desk")
    assert f"*Pages* (1): <@{lena.id}>" in asked.words
    assert f"<#{slack.channel_id('hypercare-desk')}>" in asked.words
    slack.quiet()
    assert lena.dm.messages() == [], "nothing is sent before it is begun"
    assert "has begun" in str(asked.submits()["view"])
    lena.presses(lena.dm.expects("This is how a page of"), "I'm here")
    lena.dm.expects("Thanks, a page of")
    passes(slack, minutes=16)
    verdict = lena.dm.expects("to fix before the go-live").words
    assert "restricted_action" in verdict
    passes(slack, minutes=2)

    def is_gone() -> bool:
        with slack.application.store.begin() as tx:
            return tx.rehearsals.find_of_phase(1) is None and not tx.outbox.list_lanes("rehearsal:")

    eventually(is_gone, "no trace")
