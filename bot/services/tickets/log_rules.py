"""The rules by which the log of a phase's ticket is summed up, and a name for them that changes with the rules."""

from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version

from domain.phases.phase import Phase
from domain.sla.clocks import PolicyFor, SlaPolicy
from domain.sla.targets import policy_for, working_hours
from domain.ticket_log import LogRules
from domain.tickets.ticket import Report, Severity


def log_rules(phase: Phase, report: Report) -> tuple[LogRules, str]:
    """Return the rules for tickets of the report's module and type, and their name."""
    policy_of = _remembering(policy_for(phase, report.module, report.type))
    return LogRules(policy_of=policy_of, hours=working_hours(phase)), _name(phase, report)


def _remembering(policy_of: PolicyFor) -> PolicyFor:
    """Return the same policies, each made once."""
    known: dict[tuple[Severity, str], SlaPolicy] = {}

    def policy(severity: Severity, owner: str) -> SlaPolicy:
        if (severity, owner) not in known:
            known[severity, owner] = policy_of(severity, owner)
        return known[severity, owner]

    return policy


def _name(phase: Phase, report: Report) -> str:
    """Name the rules: by the release that has them, the phase's working hours and targets, and who is on which team."""
    teams = [phase.people(one.team) for one in phase.sla.calendars]
    about = f"{report.module} {report.type.is_work}"
    said = f"{_release()} {phase.timezone} {about} {teams} {phase.sla.model_dump_json()}"
    return sha256(said.encode()).hexdigest()


@lru_cache
def _release() -> str:
    return version("hypercare")
