"""What Slack would send: a command, a filled report form, and an unknown form."""

import itertools
from typing import Any

from bench.webapi import CHANNEL, TEAM
from bot.views.intake.report import ReportDraft, report_form
from domain.phases.phase import Phase

REPORTER = "U0BENCHMARIA"
PHASE = Phase(key="PAY", name="Payday go-live", system="Payday", triage_channel=CHANNEL, oncall_channel=CHANNEL,
              leads=("U0BENCHLEAD",))  # fmt: skip
MESSAGES = 3  # of a critical: the card, the confirmation and the page
COUNTER = itertools.count(1)
SUMMARY = "The payslip page stays empty for everybody in Berlin"
HAPPENED = "I opened *Payslips* and saw an empty page. " * 6


def command(text: str = "help report") -> dict[str, Any]:
    """A slash command; help needs no database."""
    return _envelope("slash_commands", {
        "token": "x", "team_id": TEAM, "team_domain": "bench", "channel_id": CHANNEL, "channel_name": "team",
        "user_id": REPORTER, "user_name": "maria", "command": "/hypercare", "text": text, "api_app_id": "A0BENCH000",
        "is_enterprise_install": "false", "response_url": "http://127.0.0.1:9/",
        "trigger_id": f"trigger{next(COUNTER)}",
    })  # fmt: skip


def submission(callback: str = "report", severity: str = "critical") -> dict[str, Any]:
    """A report with the form; `callback` may name an unknown form."""
    return _envelope("interactive", submission_body(callback, severity))


def submission_body(callback: str = "report", severity: str = "critical") -> dict[str, Any]:
    number = next(COUNTER)
    view = {
        **report_form(ReportDraft(phase="PAY"), PHASE),
        "callback_id": callback,
        "id": f"V{number:09d}",
        "team_id": TEAM,
        "hash": f"{number}.abc",
        "app_id": "A0BENCH000",
        "bot_id": "B0BENCHBOT",
        "root_view_id": f"V{number:09d}",
        "state": {"values": {name: {name: value} for name, value in _filled(number, severity).items()}},
    }
    return {
        "type": "view_submission", "team": {"id": TEAM, "domain": "bench"}, "token": "x", "api_app_id": "A0BENCH000",
        "user": {"id": REPORTER, "username": "maria", "name": "maria", "team_id": TEAM},
        "trigger_id": f"trigger{number}", "view": view, "response_urls": [], "is_enterprise_install": False,
    }  # fmt: skip


def _filled(number: int, severity: str) -> dict[str, Any]:
    """What was filled in; the summaries differ, so that a doubled ticket can be told."""
    return {
        "summary": {"type": "plain_text_input", "value": f"{SUMMARY} ({number})"},
        "severity": {"type": "radio_buttons", "selected_option": {"value": severity}},
        "happened": {"type": "plain_text_input", "value": HAPPENED},
    }


def _envelope(kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "payload": payload, "accepts_response_payload": True}
