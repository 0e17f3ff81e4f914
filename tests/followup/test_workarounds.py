"""Workarounds: who was told of one hears once to stop, and the team sees how many are in use and until when."""

import pytest

from bot.services.followup import workarounds
from domain.errors import Refused
from domain.phases.permissions import Person
from tests.support.bot import BotWorkspace
from tests.support.days import passes, to_monday

TEXT = "The payslip page is empty"


def resolves(slack: BotWorkspace, fix: str, workaround: str = "") -> None:
    form = slack.person("jo").opens("/hypercare resolve PAY-1")
    assert form.fills(explanation="Done", fix=fix, workaround=workaround).submits() == {"closed": True}
    slack.quiet()


def told_to_stop(slack: BotWorkspace, name: str) -> int:
    slack.quiet()
    return sum("no longer need" in m.words for root in slack.person(name).dm.messages() for m in root.thread())


def with_workaround(slack: BotWorkspace) -> None:
    """Maria's report with a workaround, of which Tom and Ann were told too."""
    to_monday(slack, "10:00")
    slack.person("maria").reports(TEXT)
    slack.triage.expects(TEXT)
    for name in ("tom", "ann"):
        slack.person(name).types("/hypercare metoo PAY-1")
    resolves(slack, "workaround", "Use the old page")


def test_everyone_who_was_told_of_a_workaround_hears_once_to_stop(slack: BotWorkspace) -> None:
    with_workaround(slack)
    slack.person("ann").types("/hypercare unfollow PAY-1")
    listed = str(slack.person("jo").types("/hypercare workarounds PAY"))
    assert "1 workaround is in use. 3 people were told." in listed
    slack.person("jo").opens("/hypercare reopen PAY-1").fills(why="Now for good").submits()
    assert [told_to_stop(slack, name) for name in ("maria", "tom", "ann")] == [0, 0, 0]
    resolves(slack, "root_cause")
    assert [told_to_stop(slack, name) for name in ("maria", "tom", "ann")] == [1, 1, 1]
    assert "No one in" in str(slack.person("jo").types("/hypercare workarounds PAY"))


def test_a_guest_hears_to_stop_and_not_of_which_report(slack: BotWorkspace) -> None:
    gil = slack.person("gil")
    gil.reports("A page is empty")
    slack.triage.expects("A page is empty")
    slack.person("maria").reports("Salaries of the board are missing")
    slack.triage.expects("Salaries of the board")
    slack.person("lena").types("/hypercare merge PAY-1 PAY-2")
    slack.quiet()
    form = slack.person("jo").opens("/hypercare resolve PAY-2")
    assert form.fills(explanation="Done", fix="workaround", workaround="Use the old page").submits() == {"closed": True}
    app = slack.application.context
    with app.store.read() as tx:
        one = tx.workarounds.list_of_ticket(2)[0]
    workarounds.end(app, Person(slack.user_id("jo")), one.id, "press")
    assert [told_to_stop(slack, name) for name in ("maria", "gil")] == [1, 1]
    said = [m.words for root in gil.dm.messages() for m in (root, *root.thread())]
    assert not [words for words in said if "board" in words]


def test_the_digest_shows_workarounds_past_their_date_until_the_fix_is_said_to_be_there(slack: BotWorkspace) -> None:
    with_workaround(slack)
    passes(slack, days=15)
    slack.channel("hypercare-digest").expects("1 workaround is in use. 3 people were told. 1 is past its date.")
    digest = slack.channel("hypercare-digest").expects("1 is past its date.")
    assert "at most 1" in digest.words
    app, jo = slack.application.context, Person(slack.user_id("jo"))
    with app.store.read() as tx:
        one = tx.workarounds.list_of_ticket(1)[0]
    workarounds.end(app, jo, one.id, "press")
    with pytest.raises(Refused, match="no such workaround"):
        workarounds.end(app, jo, one.id, "press again")
    assert [told_to_stop(slack, name) for name in ("maria", "tom", "ann")] == [1, 1, 1]
    assert "No one in" in str(slack.person("jo").types("/hypercare workarounds PAY"))
