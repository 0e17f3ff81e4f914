"""Actions of a ticket and sub-tasks of its issue: made once, done on both sides, never lost or doubled."""

from itertools import product
from typing import Any

import pytest

from bot.services.actions import actions
from connectors.faults import TrackerFault
from domain.actions.action_item import ActionDraft, ActionItem, ActionState, Proof
from domain.connectors.subtasks import SubtaskStep, next_step
from domain.phases.permissions import Person
from tests.connectors.conftest import Tracked
from tests.support.control import eventually


def add(tracked: Tracked, title: str, **more: Any) -> ActionItem:
    app, sam = tracked.slack.application.context, Person(tracked.slack.person("sam").id)
    draft = ActionDraft(title=title, owner=sam.id, due=app.now().date(), **more)
    return actions.add(app, sam, str(tracked.ticket().id), draft)


def finish(tracked: Tracked, item: ActionItem) -> None:
    app, sam = tracked.slack.application.context, Person(tracked.slack.person("sam").id)
    done = ActionDraft(title=item.title, owner=sam.id, due=item.due, state=ActionState.DONE)
    actions.change(app, sam, item.id, done)


def subtasks(tracked: Tracked) -> dict[str, tuple[str, str]]:
    """The summary and the status of each sub-task of OPS-1, by key."""
    return {one.key: (one.fields["summary"], one.fields["status"]["name"])
            for one in tracked.jira.issues.values() if one.fields["parent"]}  # fmt: skip


def state(tracked: Tracked, item: ActionItem) -> ActionState:
    with tracked.slack.application.store.read() as tx:
        found = tx.actions.find_action(item.id)
    assert found
    return found.state


def shows(tracked: Tracked, key: str, summary: str, status: str) -> None:
    eventually(lambda: subtasks(tracked).get(key) == (summary, status), f"{key} {status}",
               instead=lambda: f"{subtasks(tracked)}\n{tracked.thread(1)}")  # fmt: skip


@pytest.mark.shape("postgresql")
def test_actions_become_sub_tasks_once_and_are_done_on_both_sides(tracked: Tracked) -> None:
    tracked.follows(subtask_type="Sub-task")
    card = tracked.reported()
    tracked.issue()
    tracked.jira.fault = TrackerFault(lost=True, times=1, only="POST /rest/api/3/issue")  # made, without an answer
    tracked.jira.duplicates = True
    bank, import_ = add(tracked, "Ask the bank"), add(tracked, "Mend the import", proof=Proof.PENDING)
    shows(tracked, "OPS-2", "A1: Ask the bank", "To Do")
    shows(tracked, "OPS-3", "A2: Mend the import", "To Do")
    card.expects_reply("OPS-2")
    tracked.jira.person_moves("OPS-2", "Done")
    eventually(lambda: state(tracked, bank) is ActionState.DONE, "the action")
    tracked.jira.person_moves("OPS-2", "In Progress")
    eventually(lambda: state(tracked, bank) is ActionState.OPEN, "the action, reopened")
    finish(tracked, bank)
    shows(tracked, "OPS-2", "A1: Ask the bank", "Done")
    tracked.jira.person_moves("OPS-3", "Done")
    assert "The test of this action has not passed" in card.expects_reply("A2 wasn't").words
    shows(tracked, "OPS-3", "A2: Mend the import", "To Do")
    assert state(tracked, import_) is ActionState.OPEN, "what is not proven is not done"
    tracked.jira.person_deletes("OPS-3")
    add(tracked, "Tell Berlin")
    card.expects_reply("the sub-task of A2, was deleted in Jira")
    tracked.quiet()
    assert sorted(subtasks(tracked)) == ["OPS-2", "OPS-4"], "nothing is made twice"


def test_a_type_that_jira_does_not_have_is_said_once_and_the_action_stays(tracked: Tracked) -> None:
    tracked.follows(subtask_type="Subtask")
    card = tracked.reported()
    tracked.issue()
    item = add(tracked, "Ask the bank")
    assert "Specify a valid issue type" in card.expects_reply("refused").words
    finish(tracked, item)
    tracked.quiet()
    assert subtasks(tracked) == {}
    assert len([one for one in card.thread() if "Specify a valid issue type" in one.words]) == 1


@pytest.mark.parametrize(("agreed", "ours", "theirs"), list(product((False, True), repeat=3)))
def test_after_a_step_both_sides_agree_and_no_change_is_undone(agreed: bool, ours: bool, theirs: bool) -> None:
    step = next_step(agreed, ours, theirs)
    after = {SubtaskStep.NOTHING: (ours, theirs), SubtaskStep.SEND: (ours, ours), SubtaskStep.TAKE: (theirs, theirs)}
    assert len({*after[step]}) == 1
    changed = {side for side in (ours, theirs) if side != agreed}
    assert not changed or after[step][0] in changed, "the side that was changed counts"
