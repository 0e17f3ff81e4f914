"""The exports of other systems that are known: their columns, and what their words mean here.

Sources: Jira's navigator fields and default workflows (https://support.atlassian.com/jira-cloud-administration),
ServiceNow's incident table (https://www.servicenow.com/docs), GLPI's tickets in English and French
(https://glpi-user-documentation.readthedocs.io), Zendesk's ticket fields (https://support.zendesk.com).
"""

from collections.abc import Mapping

from domain.intake.settings import ImportBase, ImportField, ImportMap, ImportStatus
from domain.tickets.ticket import Severity
from domain.tickets.types import TicketType
from domain.typed import plain

F, S, T = ImportField, ImportStatus, TicketType
CRITICAL, HIGH, MEDIUM, LOW = Severity

JIRA = ImportMap(
    base=ImportBase.JIRA,
    system="Jira",
    columns={
        F.KEY: ("Issue key", "Key", "Work item key", "Issue id"),
        F.SUMMARY: ("Summary",),
        F.SEVERITY: ("Priority",),
        F.STATUS: ("Status",),
        F.TYPE: ("Issue Type", "Work type"),
        F.REPORTER: ("Reporter email", "Reporter", "Creator"),
        F.OWNER: ("Assignee email", "Assignee"),
        F.OPENED: ("Created",),
        F.CLOSED: ("Resolved", "Resolution date"),
        F.HAPPENED: ("Description",),
        F.ENVIRONMENT: ("Environment",),
        F.MODULE: ("Component/s", "Components", "Component"),
        F.LABELS: ("Labels",),
        F.SOLUTION: ("Resolution",),
        F.COMMENTS: ("Comment", "Comments"),
    },
    severities={"Highest": CRITICAL, "Blocker": CRITICAL, "Critical": CRITICAL, "High": HIGH, "Major": HIGH,
                "Medium": MEDIUM, "Low": LOW, "Minor": LOW, "Lowest": LOW, "Trivial": LOW},
    statuses={
        "To Do": S.RECEIVED, "Open": S.RECEIVED, "Backlog": S.RECEIVED, "New": S.RECEIVED,
        "Selected for Development": S.ACKNOWLEDGED, "Waiting for support": S.RECEIVED, "Reopened": S.INVESTIGATING,
        "In Progress": S.INVESTIGATING, "Work in progress": S.INVESTIGATING, "Escalated": S.INVESTIGATING,
        "Under investigation": S.INVESTIGATING, "In Review": S.FIXING, "Testing": S.FIXING,
        "Waiting for customer": S.WAITING, "Pending": S.DEFERRED, "Blocked": S.DEFERRED, "On Hold": S.DEFERRED,
        "Done": S.RESOLVED, "Resolved": S.RESOLVED, "Closed": S.RESOLVED, "Completed": S.RESOLVED,
        "Canceled": S.WITHDRAWN, "Cancelled": S.WITHDRAWN, "Declined": S.WITHDRAWN, "Won't do": S.WITHDRAWN,
    },
    types={"Bug": T.BUG, "Incident": T.BUG, "[System] Incident": T.BUG, "Problem": T.BUG,
           "Improvement": T.FEATURE_REQUEST, "New Feature": T.FEATURE_REQUEST, "Story": T.FEATURE_REQUEST,
           "Support": T.QUESTION},
    ignore=("Updated", "Last Viewed", "Project key", "Project name", "Project type", "Project lead", "Creator",
            "Status Category", "Votes", "Parent", "Parent id", "Watchers", "Watchers Id", "Project lead id",
            "Assignee Id", "Reporter Id", "Creator Id", "Issue id", "Work item id", "Parent key", "Parent summary",
            "Status Category Changed", "Project description", "Project url"),
)  # fmt: skip

SERVICENOW = ImportMap(
    base=ImportBase.SERVICENOW,
    system="ServiceNow",
    columns={
        F.KEY: ("number",),
        F.SUMMARY: ("short_description", "Short description"),
        F.SEVERITY: ("priority",),
        F.STATUS: ("state", "incident_state", "Incident state"),
        F.REPORTER: ("caller_id.email", "Caller email", "caller_id", "Caller", "opened_by", "Opened by"),
        F.OWNER: ("assigned_to.email", "assigned_to", "Assigned to"),
        F.OPENED: ("opened_at", "Opened", "sys_created_on", "Created"),
        F.CLOSED: ("resolved_at", "Resolved", "closed_at", "Closed"),
        F.HAPPENED: ("description",),
        F.MODULE: ("business_service", "Service", "cmdb_ci", "Configuration item"),
        F.CATEGORY: ("category", "subcategory"),
        F.SOLUTION: ("close_notes", "Close notes", "Resolution notes"),
        F.COMMENTS: ("comments", "Additional comments", "comments_and_work_notes", "Comments and Work notes"),
    },
    severities={"1": CRITICAL, "1 - Critical": CRITICAL, "2": HIGH, "2 - High": HIGH, "3": MEDIUM,
                "3 - Moderate": MEDIUM, "4": LOW, "4 - Low": LOW, "5": LOW, "5 - Planning": LOW},
    statuses={
        "1": S.RECEIVED, "New": S.RECEIVED, "2": S.INVESTIGATING, "In Progress": S.INVESTIGATING,
        "3": S.DEFERRED, "On Hold": S.DEFERRED, "6": S.RESOLVED, "Resolved": S.RESOLVED, "7": S.RESOLVED,
        "Closed": S.RESOLVED, "8": S.WITHDRAWN, "Canceled": S.WITHDRAWN,
    },
    ignore=("sys_updated_on", "Updated", "sys_updated_by", "Updated by", "sys_id", "sys_created_by", "assignment_group",
            "Assignment group", "urgency", "impact", "severity", "made_sla", "active", "close_code", "work_notes",
            "Work notes", "business_duration", "calendar_duration"),
)  # fmt: skip

GLPI = ImportMap(
    base=ImportBase.GLPI,
    system="GLPI",
    columns={
        F.KEY: ("ID",),
        F.SUMMARY: ("Title", "Titre"),
        F.SEVERITY: ("Priority", "Priorité"),
        F.STATUS: ("Status", "Statut"),
        F.TYPE: ("Type",),
        F.REPORTER: ("Requester - Requester", "Requester", "Demandeur - Demandeur", "Demandeur"),
        F.OWNER: ("Assigned to - Technician", "Technician", "Attribué à - Technicien", "Technicien"),
        F.OPENED: ("Opening date", "Date d'ouverture"),
        F.CLOSED: ("Resolution date", "Closing date", "Date de résolution", "Date de clôture"),
        F.HAPPENED: ("Description",),
        F.CATEGORY: ("Category", "Catégorie"),
        F.MODULE: ("Associated elements", "Éléments associés"),
        F.SOLUTION: ("Solution - Solution", "Solution"),
        F.COMMENTS: ("Followups - Description", "Followups", "Suivis - Description", "Suivis"),
    },
    severities={"Major": CRITICAL, "Very high": CRITICAL, "High": HIGH, "Medium": MEDIUM, "Low": LOW, "Very low": LOW,
                "Majeure": CRITICAL, "Très haute": CRITICAL, "Haute": HIGH, "Moyenne": MEDIUM, "Basse": LOW,
                "Très basse": LOW, "6": CRITICAL, "5": CRITICAL, "4": HIGH, "3": MEDIUM, "2": LOW, "1": LOW},
    statuses={
        "New": S.RECEIVED, "Processing (assigned)": S.INVESTIGATING, "Processing (planned)": S.ACKNOWLEDGED,
        "Pending": S.DEFERRED, "Solved": S.RESOLVED, "Closed": S.RESOLVED, "Approval": S.RECEIVED,
        "Nouveau": S.RECEIVED, "En cours (Attribué)": S.INVESTIGATING, "En cours (Planifié)": S.ACKNOWLEDGED,
        "En attente": S.DEFERRED, "Résolu": S.RESOLVED, "Clos": S.RESOLVED, "Validation": S.RECEIVED,
    },
    types={"Incident": T.BUG, "Request": T.FEATURE_REQUEST, "Demande": T.FEATURE_REQUEST},
    ignore=("Last update", "Dernière modification", "Entity", "Entité", "Urgency", "Impact", "Urgence",
            "Time to resolve", "Time to resolve + Progress", "Time to own", "Assigned to - Technician group"),
)  # fmt: skip

ZENDESK = ImportMap(
    base=ImportBase.ZENDESK,
    system="Zendesk",
    columns={
        F.KEY: ("Id", "Ticket ID"),
        F.SUMMARY: ("Subject", "Ticket subject"),
        F.SEVERITY: ("Priority", "Ticket priority"),
        F.STATUS: ("Status", "Ticket status"),
        F.TYPE: ("Ticket type", "Type"),
        F.REPORTER: ("Requester email", "Requester", "Requester name"),
        F.OWNER: ("Assignee email", "Assignee", "Assignee name"),
        F.OPENED: ("Created at", "Ticket created - Timestamp", "Requested"),
        F.CLOSED: ("Solved at", "Solved"),
        F.HAPPENED: ("Description",),
        F.LABELS: ("Tags",),
        F.COMMENTS: ("Comments",),
    },
    severities={"Urgent": CRITICAL, "High": HIGH, "Normal": MEDIUM, "Low": LOW},
    statuses={
        "New": S.RECEIVED, "Open": S.INVESTIGATING, "Pending": S.WAITING, "On-hold": S.DEFERRED, "Hold": S.DEFERRED,
        "Solved": S.RESOLVED, "Closed": S.RESOLVED, "Deleted": S.WITHDRAWN,
    },
    types={"Incident": T.BUG, "Problem": T.BUG, "Question": T.QUESTION},
    ignore=("Updated at", "Updated", "Requester id", "Requester external id", "Requester domain", "Submitter", "Group",
            "Via", "Assigned at", "Initially assigned at", "Organization", "Due at", "Resolution time",
            "Satisfaction Score", "Reopens", "Replies", "Group stations", "Assignee stations", "Brand"),
)  # fmt: skip

EXPORT_MAPS: Mapping[ImportBase, ImportMap] = {
    ImportBase.JIRA: JIRA, ImportBase.SERVICENOW: SERVICENOW, ImportBase.GLPI: GLPI, ImportBase.ZENDESK: ZENDESK,
}  # fmt: skip


def complete(given: ImportMap) -> ImportMap:
    """Return a map with the columns and words of its base; its own come first, and words are in lower case."""
    base = EXPORT_MAPS[given.base] if given.base else ImportMap()
    return given.model_copy(update={
        "system": given.system or base.system or "the other system",
        "columns": {**base.columns, **given.columns},
        "severities": _words(base.severities) | _words(given.severities),
        "statuses": _words(base.statuses) | _words(given.statuses),
        "types": _words(base.types) | _words(given.types),
        "people": _words(given.people),
        "ignore": (*base.ignore, *given.ignore),
    })  # fmt: skip


def word(text: str) -> str:
    """Return a word as the maps have it, however it was typed."""
    return " ".join(plain(text).casefold().split())


def _words(found: Mapping[str, object]) -> dict[str, object]:
    return {word(name): value for name, value in found.items()}
