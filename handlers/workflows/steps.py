"""Steps of Workflow Builder, by their names in manifest-steps.yaml; each ends by a message that its service queues."""

from bot.context import AppContext
from bot.services.workflows import steps
from bot.views.workflows import steps as views
from domain.workflows.step import StepRun
from handlers.request import Answer, Request


def report(app: AppContext, call: Request) -> Answer:
    steps.report(app, call.person, views.read_report(call.payload["inputs"]), run_of(call))
    return None


def change(app: AppContext, call: Request) -> Answer:
    steps.change(app, call.person, views.read_change(call.payload["inputs"]), run_of(call))
    return None


def find(app: AppContext, call: Request) -> Answer:
    steps.find(app, call.person, views.read_ticket(call.payload["inputs"]), run_of(call))
    return None


def run_of(call: Request) -> StepRun:
    """Return which run of a step a request is about."""
    return StepRun(execution=call.payload["execution"], request=call.request)


STEPS = {"report_problem": report, "change_ticket": change, "find_ticket": find}
