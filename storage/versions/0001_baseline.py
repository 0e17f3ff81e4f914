"""The schema of 0.2.0: every table, full-text search, and the views for other programs."""

import sqlalchemy as sa
from alembic import op

from storage.database.columns import Utc
from storage.tickets.search import SET_UP

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TICKET = """
SELECT phases."key" AS phase, phases."key" || '-' || tickets.number AS ticket, tickets.number, tickets.summary,
  tickets.severity, tickets.type, tickets.module, tickets.process, tickets.category, tickets.status,
  CASE WHEN tickets.anonymous THEN NULL ELSE tickets.reporter END AS reporter, tickets.owner, tickets.intake,
  tickets.priority, tickets.affected, tickets.due_at,
  tickets.opened_at, milestones.acknowledged_at, milestones.workaround_at, milestones.resolved_at,
  milestones.reopened_at, milestones.closed_at, tickets.changed_at,
  milestones.minutes_to_acknowledge, milestones.minutes_to_workaround, milestones.minutes_to_close,
  milestones.acknowledge_due_at, milestones.acknowledge_met, milestones.resolve_due_at, milestones.resolve_met,
  milestones.resolved_count, milestones.reopened_count, milestones.recurred_count,
  CASE WHEN tickets.fix <> '' THEN tickets.fix END AS fix, tickets.unconfirmed, tickets.waiting_since,
  CASE WHEN tickets.scope <> '' THEN tickets.scope END AS scope,
  CASE WHEN tickets.judgement <> '' THEN tickets.judgement END AS judgement, tickets.party,
  tickets.channel, CAST(tickets.extra AS TEXT) AS answers
FROM tickets JOIN phases ON phases.id = tickets.phase_id LEFT JOIN milestones ON milestones.ticket_id = tickets.id
WHERE {which}
"""
EVENT = """
SELECT phases."key" AS phase, phases."key" || '-' || tickets.number AS ticket, events.id AS event, events.at,
  events.kind, CASE WHEN tickets.anonymous THEN NULL ELSE events.actor END AS actor
FROM events JOIN tickets ON tickets.id = events.ticket_id JOIN phases ON phases.id = tickets.phase_id
WHERE {which}
"""
PROMISE = """
SELECT phases."key" AS phase, phases."key" || '-' || tickets.number AS ticket, promises.number AS promise,
  promises.kind, promises.maker, promises.made_at, promises.due, promises.state, promises.settled_at, promises.slip
FROM promises JOIN tickets ON tickets.id = promises.ticket_id JOIN phases ON phases.id = tickets.phase_id
WHERE {which}
"""
COMMENT = """
SELECT phases."key" AS phase, phases."key" || '-' || tickets.number AS ticket, comments.id AS comment, comments.at,
  comments.side, CASE WHEN tickets.anonymous AND comments.side = 'reporter' THEN NULL ELSE comments.person END AS person,
  comments.words, comments.changed_at
FROM comments JOIN tickets ON tickets.id = comments.ticket_id JOIN phases ON phases.id = tickets.phase_id
WHERE {which}
"""
ACTION = """
SELECT phases."key" AS phase, phases."key" || '-' || tickets.number AS ticket, actions.id AS action, actions.title,
  actions.owner, actions.due, actions.state, actions.stage, actions.proof, actions.proven_by, actions.made_by,
  actions.made_at, actions.closed_at, CASE WHEN actions.about <> '' THEN actions.about END AS about, actions.kind
FROM actions JOIN phases ON phases.id = actions.phase_id LEFT JOIN tickets ON tickets.id = actions.ticket_id
WHERE {which}
"""
DECISION = """
SELECT phases."key" AS phase, phases."key" || '-' || tickets.number AS ticket, decisions.id AS decision,
  decisions.kind, decisions.state, decisions.question, decisions.choice, decisions.rationale, decisions.evidence,
  decisions.outcome, decisions.fired_by, decisions.decided_by, decisions.opened_at, decisions.due_at,
  decisions.decided_at, decisions.reverses
FROM decisions JOIN phases ON phases.id = decisions.phase_id LEFT JOIN tickets ON tickets.id = decisions.ticket_id
WHERE {which}
"""
BY_TICKET = {
    "tickets": TICKET,
    "events": EVENT,
    "promises": PROMISE,
    "comments": COMMENT,
    "actions": ACTION,
    "decisions": DECISION,
}
PROBLEM = """
SELECT phases."key" AS phase, problems.id AS problem, problems.title, problems.severity, problems.state,
  CASE WHEN problems.cause_class <> '' THEN problems.cause_class END AS cause_class,
  CASE WHEN problems.fix <> '' THEN problems.fix END AS fix, problems.resolution,
  (SELECT count(*) FROM problem_tickets WHERE problem_tickets.problem_id = problems.id) AS tickets,
  (SELECT count(*) FROM problem_causes WHERE problem_causes.problem_id = problems.id
   AND problem_causes.branch = 'why') AS whys, problems.opened_at, problems.resolved_at
FROM problems JOIN phases ON phases.id = problems.phase_id
"""
CAUSE = """
SELECT phases."key" AS phase, problem_causes.problem_id AS problem, problem_causes.id AS cause, problem_causes.branch,
  problem_causes.text, problem_causes.evidence, problem_causes.person, problem_causes.at
FROM problem_causes JOIN problems ON problems.id = problem_causes.problem_id
  JOIN phases ON phases.id = problems.phase_id
"""
BY_PHASE = {
    "problems": PROBLEM,
    "causes": CAUSE,
    "phases": 'SELECT "key" AS phase, name, system, state, timezone FROM phases',
    "readings": 'SELECT phases."key" AS phase, readings.metric, readings.day, readings.value FROM readings '
    "JOIN phases ON phases.id = readings.phase_id",
    "marked_events": 'SELECT phases."key" AS phase, marked_events.kind, marked_events.label, marked_events.at '
    "FROM marked_events JOIN phases ON phases.id = marked_events.phase_id",
}


def upgrade() -> None:
    _tables()
    for statement in SET_UP[op.get_bind().dialect.name]:
        op.execute(sa.text(statement))
    _views()


def _tables() -> None:
    op.create_table(
        "applied_files",
        sa.Column("key", sa.String(length=12), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_applied_files")),
    )
    op.create_table(
        "audit",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("actor", sa.String(length=32), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    op.create_table(
        "home_viewers",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("seen_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_home_viewers")),
    )
    op.create_table(
        "mail_people",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seen_at", Utc(), nullable=False),
        sa.Column("failed_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_people")),
        sa.UniqueConstraint("address", name=op.f("uq_mail_people_address")),
    )
    op.create_table(
        "moved_channels",
        sa.Column("old", sa.String(length=32), nullable=False),
        sa.Column("new", sa.String(length=32), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("old", name=op.f("pk_moved_channels")),
    )
    op.create_table(
        "phases",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(length=12), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("triage_channel", sa.String(length=32), nullable=False),
        sa.Column("oncall_channel", sa.String(length=32), nullable=False),
        sa.Column("digest_channel", sa.String(length=32), nullable=False),
        sa.Column("private_channel", sa.String(length=32), nullable=False),
        sa.Column("intake_channels", sa.JSON(), nullable=False),
        sa.Column("leads", sa.JSON(), nullable=False),
        sa.Column("responders", sa.JSON(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("last_number", sa.Integer(), server_default="0", nullable=False),
        sa.Column("options", sa.JSON(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phases")),
        sa.UniqueConstraint("key", name=op.f("uq_phases_key")),
    )
    op.create_table(
        "profiles",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("real_name", sa.Text(), nullable=False),
        sa.Column("team", sa.String(length=32), nullable=False),
        sa.Column("enterprise", sa.String(length=32), nullable=False),
        sa.Column("is_stranger", sa.Boolean(), nullable=False),
        sa.Column("is_restricted", sa.Boolean(), nullable=False),
        sa.Column("is_ultra_restricted", sa.Boolean(), nullable=False),
        sa.Column("is_bot", sa.Boolean(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("is_owner", sa.Boolean(), nullable=False),
        sa.Column("tz", sa.Text(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profiles")),
    )
    op.create_table(
        "rate_limits",
        sa.Column("key", sa.String(length=44), nullable=False),
        sa.Column("full_at", Utc(), nullable=False),
        sa.Column("free_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_limits")),
    )
    op.create_index("ix_rate_limits_free_at", "rate_limits", ["free_at"], unique=False)
    op.create_table(
        "refused_blocks",
        sa.Column("workspace", sa.String(length=32), nullable=False),
        sa.Column("block_type", sa.String(length=40), nullable=False),
        sa.Column("refused_at", Utc(), nullable=False),
        sa.Column("until", Utc(), nullable=False),
        sa.Column("error", sa.String(length=80), nullable=False),
        sa.Column("pointer", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "block_type", name=op.f("pk_refused_blocks")),
    )
    op.create_table(
        "replicas",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("started_at", Utc(), nullable=False),
        sa.Column("alive_until", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replicas")),
    )
    op.create_table(
        "requests",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_requests")),
    )
    op.create_index("ix_requests_at", "requests", ["at"], unique=False)
    op.create_table(
        "restores",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("known_until", Utc(), nullable=False),
        sa.Column("restored_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restores")),
    )
    op.create_table(
        "saved_lists",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person", "name", name=op.f("pk_saved_lists")),
    )
    op.create_table(
        "tracker_states",
        sa.Column("system", sa.String(length=40), nullable=False),
        sa.Column("failing_since", Utc(), nullable=True),
        sa.Column("told_at", Utc(), nullable=True),
        sa.Column("asked_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("system", name=op.f("pk_tracker_states")),
    )
    op.create_table(
        "user_groups",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("people", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_groups")),
    )
    op.create_table(
        "ai_usage",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("provider", sa.String(length=100), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("team", sa.String(length=100), nullable=False),
        sa.Column("consumer", sa.String(length=100), nullable=False),
        sa.Column("prompt", sa.String(length=100), nullable=False),
        sa.Column("outcomes", sa.JSON(), nullable=False),
        sa.Column("tokens_in", BIG_ID, nullable=False),
        sa.Column("tokens_out", BIG_ID, nullable=False),
        sa.Column("priced", sa.Integer(), nullable=False),
        sa.Column("cost", sa.Float(), nullable=False),
        sa.Column("cost_squares", sa.Float(), nullable=False),
        sa.Column("ms_squares", sa.Float(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("ms_total", sa.Float(), nullable=False),
        sa.Column("ms_bins", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_ai_usage_phase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_usage")),
        sa.UniqueConstraint(
            "phase_id",
            "at",
            "provider",
            "model",
            "team",
            "consumer",
            "prompt",
            name=op.f("uq_ai_usage_phase_id_at_provider_model_team_consumer_prompt"),
        ),
    )
    op.create_table(
        "baselines",
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("metric", sa.String(length=12), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_baselines_phase_id")),
        sa.PrimaryKeyConstraint("phase_id", "metric", "day", "value", "ended", name=op.f("pk_baselines")),
    )
    op.create_table(
        "exit_days",
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("passes", sa.Boolean(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_exit_days_phase_id")),
        sa.PrimaryKeyConstraint("phase_id", "day", name=op.f("pk_exit_days")),
    )
    op.create_table(
        "exit_records",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("seal", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_exit_records_phase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exit_records")),
    )
    op.create_index("ix_exit_records_phase", "exit_records", ["phase_id", "id"], unique=False)
    op.create_table(
        "exit_seals",
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("events", BIG_ID, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_exit_seals_phase_id")),
        sa.PrimaryKeyConstraint("phase_id", "number", name=op.f("pk_exit_seals")),
    )
    op.create_table(
        "file_imports",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("file", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("system", sa.String(length=20), nullable=False),
        sa.Column("rota", sa.String(length=40), nullable=False),
        sa.Column("stand_in", sa.String(length=32), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_file_imports_phase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_imports")),
    )
    op.create_table(
        "gateway_names",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("by", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("not_found", sa.Boolean(), nullable=False),
        sa.Column("last_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_gateway_names_phase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_names")),
        sa.UniqueConstraint("phase_id", "by", "name", name=op.f("uq_gateway_names_phase_id_by_name")),
    )
    op.create_table(
        "links",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("expires_at", Utc(), nullable=False),
        sa.Column("scopes", sa.JSON(), server_default="[]", nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_links_phase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
        sa.UniqueConstraint("token", name=op.f("uq_links_token")),
    )
    op.create_index(op.f("ix_links_person"), "links", ["person"], unique=False)
    op.create_table(
        "marked_events",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("said_by", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_marked_events_phase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marked_events")),
    )
    op.create_index("ix_marked_events_at", "marked_events", ["phase_id", "at"], unique=False)
    op.create_table(
        "meeting_notes",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("meeting", sa.String(length=60), nullable=False),
        sa.Column("author", sa.String(length=32), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("noted_by", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("ts", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_meeting_notes_phase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_notes")),
    )
    op.create_index("ix_meeting_notes_meeting", "meeting_notes", ["meeting"], unique=False)
    op.create_index("ux_meeting_notes_message", "meeting_notes", ["channel", "ts"], unique=True)
    op.create_table(
        "notes",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("occasion", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_notes_phase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
        sa.UniqueConstraint("phase_id", "kind", "occasion", name=op.f("uq_notes_phase_id_kind_occasion")),
    )
    op.create_index("ix_notes_at", "notes", ["phase_id", "kind", "at"], unique=False)
    op.create_table(
        "post_mortems",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("edited_by", sa.String(length=32), nullable=False),
        sa.Column("edited_at", Utc(), nullable=False),
        sa.Column("posted_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_post_mortems_phase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_mortems")),
        sa.UniqueConstraint("phase_id", name=op.f("uq_post_mortems_phase_id")),
    )
    op.create_table(
        "problems",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("cause_class", sa.String(length=16), nullable=False),
        sa.Column("fix", sa.String(length=12), nullable=False),
        sa.Column("resolution", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.String(length=32), nullable=False),
        sa.Column("opened_at", Utc(), nullable=False),
        sa.Column("resolved_by", sa.String(length=32), nullable=False),
        sa.Column("resolved_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_problems_phase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problems")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_problems_phase", "problems", ["phase_id", "state", "id"], unique=False)
    op.create_table(
        "readings",
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("metric", sa.String(length=30), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("said_by", sa.String(length=32), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_readings_phase_id")),
        sa.PrimaryKeyConstraint("phase_id", "metric", "day", name=op.f("pk_readings")),
    )
    op.create_table(
        "rehearsals",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("started_by", sa.String(length=32), nullable=False),
        sa.Column("ends", Utc(), nullable=False),
        sa.Column("access", sa.JSON(), nullable=False),
        sa.Column("played", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("is_told", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_rehearsals_phase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rehearsals")),
        sa.UniqueConstraint("phase_id", name=op.f("uq_rehearsals_phase_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "request_counts",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_request_counts_phase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_counts")),
    )
    op.create_index("ix_request_counts_phase", "request_counts", ["phase_id", "at"], unique=False)
    op.create_table(
        "sealed_identities",
        sa.Column("alias", sa.String(length=32), nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_sealed_identities_phase_id")),
        sa.PrimaryKeyConstraint("alias", name=op.f("pk_sealed_identities")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sessions",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("module", sa.String(length=75), nullable=False),
        sa.Column("process", sa.String(length=75), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("starts", Utc(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("host", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(length=32), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_sessions_phase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sessions_phase", "sessions", ["phase_id", "starts"], unique=False)
    op.create_table(
        "shift_overrides",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("rota", sa.String(length=40), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("instead_of", sa.String(length=32), server_default="", nullable=False),
        sa.Column("starts", Utc(), nullable=False),
        sa.Column("ends", Utc(), nullable=False),
        sa.Column("imported", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=False),
        sa.Column("pair", sa.String(length=32), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_shift_overrides_phase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_overrides")),
    )
    op.create_index("ix_shift_overrides_pair", "shift_overrides", ["pair"], unique=False)
    op.create_index("ix_shift_overrides_phase", "shift_overrides", ["phase_id", "ends"], unique=False)
    op.create_table(
        "signal_integrations",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.Text(), server_default="", nullable=False),
        sa.Column("previous_hash", sa.String(length=64), server_default="", nullable=False),
        sa.Column("previous_sealed", sa.Text(), server_default="", nullable=False),
        sa.Column("previous_until", Utc(), nullable=True),
        sa.Column("made_by", sa.String(length=32), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.Column("revoked_at", Utc(), nullable=True),
        sa.Column("last_at", Utc(), nullable=True),
        sa.Column("received", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_understood", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_signal_integrations_phase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signal_integrations")),
        sa.UniqueConstraint("phase_id", "kind", name=op.f("uq_signal_integrations_phase_id_kind")),
    )
    op.create_table(
        "stand_up_answers",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("asked_at", Utc(), nullable=False),
        sa.Column("answered_at", Utc(), nullable=True),
        sa.Column("done", sa.Text(), nullable=False),
        sa.Column("next", sa.Text(), nullable=False),
        sa.Column("blocked", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_stand_up_answers_phase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stand_up_answers")),
        sa.UniqueConstraint("phase_id", "day", "person", name=op.f("uq_stand_up_answers_phase_id_day_person")),
    )
    op.create_table(
        "tickets",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reporter", sa.String(length=32), nullable=False),
        sa.Column("intake", sa.String(length=20), nullable=False),
        sa.Column("origin_channel", sa.String(length=32), nullable=True),
        sa.Column("origin_ts", sa.String(length=32), nullable=True),
        sa.Column("origin_thread_ts", sa.String(length=32), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("module", sa.Text(), nullable=False),
        sa.Column("impact", sa.Text(), nullable=False),
        sa.Column("happened", sa.Text(), nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("actual", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("previous_status", sa.String(length=16), nullable=True),
        sa.Column("owner", sa.String(length=32), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("workaround", sa.Text(), nullable=False),
        sa.Column("deferral", sa.String(length=20), nullable=True),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("opened_at", Utc(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.Column("category", sa.Text(), server_default="", nullable=False),
        sa.Column("process", sa.Text(), server_default="", nullable=False),
        sa.Column("business", sa.String(length=10), server_default="", nullable=False),
        sa.Column("urgency", sa.String(length=10), server_default="", nullable=False),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("extra", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("effort", sa.String(length=4), server_default="", nullable=False),
        sa.Column("priority", sa.Float(), server_default="0", nullable=False),
        sa.Column("rank", sa.Float(), server_default="0", nullable=False),
        sa.Column("affected", sa.Integer(), server_default="1", nullable=False),
        sa.Column("primary_id", BIG_ID, nullable=True),
        sa.Column("filed_by", sa.String(length=32), nullable=True),
        sa.Column("due_at", Utc(), nullable=True),
        sa.Column("anonymous", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("fix", sa.String(length=12), server_default="", nullable=False),
        sa.Column("test", sa.Text(), server_default="", nullable=False),
        sa.Column("unconfirmed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("waiting_since", Utc(), nullable=True),
        sa.Column("scope", sa.String(length=8), server_default="", nullable=False),
        sa.Column("judgement", sa.String(length=10), server_default="", nullable=False),
        sa.Column("party", sa.Text(), server_default="", nullable=False),
        sa.Column("channel", sa.String(length=32), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_tickets_phase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("phase_id", "number", name=op.f("uq_tickets_phase_id_number")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tickets_changed", "tickets", ["changed_at"], unique=False)
    op.create_index(
        "ix_tickets_known",
        "tickets",
        ["phase_id", "number"],
        unique=False,
        sqlite_where=sa.text("(affected >= 2 OR workaround != '')"),
        postgresql_where=sa.text("(affected >= 2 OR workaround != '')"),
    )
    op.create_index(
        "ix_tickets_module", "tickets", ["phase_id", "module", "id", "type", "severity", "status"], unique=False
    )
    op.create_index(
        "ix_tickets_monitored",
        "tickets",
        ["phase_id", "reporter"],
        unique=False,
        sqlite_where=sa.text("intake = 'monitoring'"),
        postgresql_where=sa.text("intake = 'monitoring'"),
    )
    op.create_index(
        "ix_tickets_origin",
        "tickets",
        ["origin_channel", "origin_ts"],
        unique=False,
        sqlite_where=sa.text("origin_channel IS NOT NULL"),
        postgresql_where=sa.text("origin_channel IS NOT NULL"),
    )
    op.create_index("ix_tickets_owner", "tickets", ["owner", "id"], unique=False)
    op.create_index("ix_tickets_phase", "tickets", ["phase_id", "id"], unique=False)
    op.create_index(
        "ix_tickets_primary_id",
        "tickets",
        ["primary_id"],
        unique=False,
        sqlite_where=sa.text("primary_id IS NOT NULL"),
        postgresql_where=sa.text("primary_id IS NOT NULL"),
    )
    op.create_index(
        "ix_tickets_rank",
        "tickets",
        [
            "phase_id",
            "rank",
            "id",
            "severity",
            "type",
            "module",
            "status",
            "owner",
            "reporter",
            "private",
            "anonymous",
            "intake",
            "process",
            "category",
            "opened_at",
            "changed_at",
            "due_at",
        ],
        unique=False,
        sqlite_where=sa.text("status NOT IN ('resolved', 'verified', 'withdrawn', 'merged')"),
        postgresql_where=sa.text("status NOT IN ('resolved', 'verified', 'withdrawn', 'merged')"),
    )
    op.create_index("ix_tickets_reporter", "tickets", ["reporter", "id"], unique=False)
    op.create_index(
        "ix_tickets_scoped",
        "tickets",
        ["phase_id", "scope", "private"],
        unique=False,
        sqlite_where=sa.text("scope != ''"),
        postgresql_where=sa.text("scope != ''"),
    )
    op.create_index("ix_tickets_status", "tickets", ["status"], unique=False)
    op.create_table(
        "topics",
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("value", sa.String(length=75), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_topics_phase_id")),
        sa.PrimaryKeyConstraint("phase_id", "person", "kind", "value", name=op.f("pk_topics")),
    )
    op.create_table(
        "waves",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("occurrence", sa.String(length=32), nullable=False),
        sa.Column("pulse", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("opens_at", Utc(), nullable=False),
        sa.Column("closes_at", Utc(), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("comment_summary", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_waves_phase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waves")),
        sa.UniqueConstraint("phase_id", "name", "occurrence", name=op.f("uq_waves_phase_id_name_occurrence")),
    )
    op.create_index("ix_waves_state", "waves", ["state", "id"], unique=False)
    op.create_table(
        "actions",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=True),
        sa.Column("about", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=True),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("proof", sa.String(length=8), nullable=False),
        sa.Column("proof_note", sa.Text(), nullable=False),
        sa.Column("proven_by", sa.String(length=32), nullable=False),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("made_by", sa.String(length=32), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.Column("closed_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_actions_phase_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_actions_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actions")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_actions_owner", "actions", ["owner", "state"], unique=False)
    op.create_index("ix_actions_phase", "actions", ["phase_id", "state", "due"], unique=False)
    op.create_index("ix_actions_ticket", "actions", ["ticket_id"], unique=False)
    op.create_table(
        "affected",
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("way", sa.String(length=12), nullable=False),
        sa.Column("via", BIG_ID, nullable=True),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_affected_ticket_id")),
        sa.ForeignKeyConstraint(["via"], ["tickets.id"], name=op.f("fk_affected_via")),
        sa.PrimaryKeyConstraint("ticket_id", "person", name=op.f("pk_affected")),
    )
    op.create_index("ix_affected_person", "affected", ["person", "ticket_id"], unique=False)
    op.create_table(
        "answer_comments",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("wave_id", BIG_ID, nullable=False),
        sa.Column("pseudonym", sa.String(length=64), nullable=False),
        sa.Column("question", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("praised", sa.String(length=32), server_default="", nullable=False),
        sa.Column("left_out", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f("fk_answer_comments_wave_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_comments")),
        sa.UniqueConstraint(
            "wave_id", "pseudonym", "question", name=op.f("uq_answer_comments_wave_id_pseudonym_question")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "articles",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=32), nullable=False),
        sa.Column("reviewer", sa.String(length=32), nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.Column("reviewed_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_articles_phase_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_articles_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_articles_phase", "articles", ["phase_id", "state"], unique=False)
    op.create_index(
        "ix_articles_ticket",
        "articles",
        ["ticket_id"],
        unique=False,
        sqlite_where=sa.text("ticket_id IS NOT NULL"),
        postgresql_where=sa.text("ticket_id IS NOT NULL"),
    )
    op.create_table(
        "comments",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=True),
        sa.Column("ts", sa.String(length=32), nullable=True),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_comments_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
    )
    op.create_index("ix_comments_place", "comments", ["channel", "ts"], unique=False)
    op.create_index("ix_comments_ticket", "comments", ["ticket_id", "id"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("walker", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("user_group", sa.String(length=75), nullable=False),
        sa.Column("module", sa.String(length=75), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=True),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_contacts_phase_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_contacts_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
    )
    op.create_index("ix_contacts_phase", "contacts", ["phase_id", "at"], unique=False)
    op.create_index("ix_contacts_walker", "contacts", ["walker", "phase_id", "at"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("fired_by", sa.String(length=30), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("due_at", Utc(), nullable=True),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("rationale", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(length=32), nullable=False),
        sa.Column("decided_at", Utc(), nullable=True),
        sa.Column("reverses", BIG_ID, nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("done", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.String(length=32), nullable=False),
        sa.Column("opened_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_decisions_phase_id")),
        sa.ForeignKeyConstraint(["reverses"], ["decisions.id"], name=op.f("fk_decisions_reverses")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_decisions_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_decisions_phase", "decisions", ["phase_id", "state", "id"], unique=False)
    op.create_index("ix_decisions_ticket", "decisions", ["ticket_id"], unique=False)
    op.create_table(
        "draft_requests",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("taken_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_draft_requests_phase_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_draft_requests_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_requests")),
    )
    op.create_table(
        "escalations",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=True),
        sa.Column("started_by", sa.String(length=32), nullable=False),
        sa.Column("started_at", Utc(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_escalations_phase_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_escalations_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalations")),
    )
    op.create_index(
        "ix_escalations_live",
        "escalations",
        ["phase_id", "started_at"],
        unique=False,
        sqlite_where=sa.text("state != 'ended'"),
        postgresql_where=sa.text("state != 'ended'"),
    )
    op.create_index("ix_escalations_ticket", "escalations", ["ticket_id", "id"], unique=False)
    op.create_table(
        "events",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=32), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("seal", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_events_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_ticket", "events", ["ticket_id", "id"], unique=False)
    op.create_index(
        "ix_events_unsealed",
        "events",
        ["ticket_id"],
        unique=False,
        sqlite_where=sa.text("seal IS NULL"),
        postgresql_where=sa.text("seal IS NULL"),
    )
    op.create_table(
        "files",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("file_id", sa.String(length=80), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("permalink", sa.Text(), nullable=False),
        sa.Column("inside", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_files_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
        sa.UniqueConstraint("ticket_id", "file_id", name=op.f("uq_files_ticket_id_file_id")),
    )
    op.create_table(
        "followers",
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("wants", sa.String(length=12), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_followers_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", "person", name=op.f("pk_followers")),
    )
    op.create_table(
        "gateway_sightings",
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("words", sa.String(length=64), nullable=False),
        sa.Column("endpoints", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_gateway_sightings_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_gateway_sightings")),
    )
    op.create_table(
        "gateway_slots",
        sa.Column("name_id", BIG_ID, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("ok", sa.Integer(), nullable=False),
        sa.Column("auth_failed", sa.Integer(), nullable=False),
        sa.Column("limited", sa.Integer(), nullable=False),
        sa.Column("unreachable", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("codes", sa.JSON(), nullable=False),
        sa.Column("ms_total", sa.Float(), nullable=False),
        sa.Column("ms_bins", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["name_id"], ["gateway_names.id"], name=op.f("fk_gateway_slots_name_id")),
        sa.PrimaryKeyConstraint("name_id", "at", name=op.f("pk_gateway_slots")),
    )
    op.create_index("ix_gateway_slots_at", "gateway_slots", ["at"], unique=False)
    op.create_table(
        "invitations",
        sa.Column("wave_id", BIG_ID, nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("segment", sa.String(length=200), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("next_at", Utc(), nullable=True),
        sa.Column("asked_on", sa.Date(), nullable=True),
        sa.Column("reminded", sa.Integer(), server_default="0", nullable=False),
        sa.Column("left_out", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f("fk_invitations_wave_id")),
        sa.PrimaryKeyConstraint("wave_id", "person", name=op.f("pk_invitations")),
    )
    op.create_index(
        "ix_invitations_next_at",
        "invitations",
        ["next_at"],
        unique=False,
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index("ix_invitations_person", "invitations", ["person", "asked_on"], unique=False)
    op.create_table(
        "issue_links",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("system", sa.String(length=20), nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("issue_id", sa.String(length=64), nullable=True),
        sa.Column("key", sa.String(length=64), server_default="", nullable=False),
        sa.Column("link", sa.Text(), server_default="", nullable=False),
        sa.Column("tried_at", Utc(), nullable=True),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ours", sa.JSON(), nullable=False),
        sa.Column("theirs", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_issue_links_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_links")),
        sa.UniqueConstraint("system", "issue_id", name=op.f("uq_issue_links_system_issue_id")),
        sa.UniqueConstraint("system", "ticket_id", name=op.f("uq_issue_links_system_ticket_id")),
    )
    op.create_table(
        "lanes",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("place", sa.String(length=32), server_default="", nullable=False),
        sa.Column("thread_ts", sa.String(length=32), nullable=True),
        sa.Column("person", sa.String(length=32), nullable=True),
        sa.Column("ticket_id", BIG_ID, nullable=True),
        sa.Column("dead", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_lanes_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lanes")),
        sa.UniqueConstraint("name", name=op.f("uq_lanes_name")),
    )
    op.create_index("ix_lanes_place", "lanes", ["channel", "thread_ts"], unique=False)
    op.create_index("ix_lanes_ticket", "lanes", ["ticket_id"], unique=False)
    op.create_table(
        "log_summaries",
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("through", BIG_ID, nullable=False),
        sa.Column("basis", sa.String(length=64), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_log_summaries_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_log_summaries")),
    )
    op.create_table(
        "low_answer_followups",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("wave_id", BIG_ID, nullable=False),
        sa.Column("pseudonym", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_low_answer_followups_ticket_id")),
        sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f("fk_low_answer_followups_wave_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_low_answer_followups")),
        sa.UniqueConstraint("wave_id", "pseudonym", name=op.f("uq_low_answer_followups_wave_id_pseudonym")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "mails",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("mail_person", sa.String(length=32), nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_mails_phase_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_mails_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
        sa.UniqueConstraint("phase_id", "message_id", name=op.f("uq_mails_phase_id_message_id")),
    )
    op.create_index("ix_mails_person", "mails", ["mail_person", "received_at"], unique=False)
    op.create_index("ix_mails_ticket", "mails", ["ticket_id"], unique=False)
    op.create_table(
        "milestones",
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("module", sa.Text(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("opened_at", Utc(), nullable=False),
        sa.Column("acknowledged_at", Utc(), nullable=True),
        sa.Column("workaround_at", Utc(), nullable=True),
        sa.Column("resolved_at", Utc(), nullable=True),
        sa.Column("reopened_at", Utc(), nullable=True),
        sa.Column("closed_at", Utc(), nullable=True),
        sa.Column("reopened_count", sa.Integer(), nullable=False),
        sa.Column("resolved_count", sa.Integer(), nullable=False),
        sa.Column("minutes_to_acknowledge", sa.Integer(), nullable=True),
        sa.Column("minutes_to_workaround", sa.Integer(), nullable=True),
        sa.Column("minutes_to_close", sa.Integer(), nullable=True),
        sa.Column("acknowledge_due_at", Utc(), nullable=True),
        sa.Column("acknowledge_met", sa.Boolean(), nullable=True),
        sa.Column("resolve_due_at", Utc(), nullable=True),
        sa.Column("resolve_met", sa.Boolean(), nullable=True),
        sa.Column("fix", sa.String(length=12), server_default="", nullable=False),
        sa.Column("recurred_count", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_milestones_phase_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_milestones_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_milestones")),
    )
    op.create_index(
        "ix_milestones_acknowledge_due_at",
        "milestones",
        ["phase_id", "acknowledge_due_at", "private", "type", "severity"],
        unique=False,
        sqlite_where=sa.text("acknowledge_due_at IS NOT NULL"),
        postgresql_where=sa.text("acknowledge_due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_milestones_closed_at",
        "milestones",
        ["phase_id", "closed_at", "private", "type", "severity"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NOT NULL"),
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )
    op.create_index(
        "ix_milestones_opened_at",
        "milestones",
        ["phase_id", "opened_at", "private", "type", "severity"],
        unique=False,
        sqlite_where=None,
        postgresql_where=None,
    )
    op.create_index(
        "ix_milestones_recurred",
        "milestones",
        ["phase_id"],
        unique=False,
        sqlite_where=sa.text("recurred_count > 0"),
        postgresql_where=sa.text("recurred_count > 0"),
    )
    op.create_index(
        "ix_milestones_reopened_at",
        "milestones",
        ["phase_id", "reopened_at", "private", "type", "severity"],
        unique=False,
        sqlite_where=sa.text("reopened_at IS NOT NULL"),
        postgresql_where=sa.text("reopened_at IS NOT NULL"),
    )
    op.create_index(
        "ix_milestones_resolve_due_at",
        "milestones",
        ["phase_id", "resolve_due_at", "private", "type", "severity", "acknowledge_due_at"],
        unique=False,
        sqlite_where=sa.text("resolve_due_at IS NOT NULL"),
        postgresql_where=sa.text("resolve_due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_milestones_resolved_at",
        "milestones",
        ["phase_id", "resolved_at", "private", "type", "severity"],
        unique=False,
        sqlite_where=sa.text("resolved_at IS NOT NULL"),
        postgresql_where=sa.text("resolved_at IS NOT NULL"),
    )
    op.create_table(
        "mirrored_reactions",
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("ts", sa.String(length=32), nullable=False),
        sa.Column("emoji", sa.String(length=100), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_mirrored_reactions_ticket_id")),
        sa.PrimaryKeyConstraint("channel", "ts", "emoji", "person", name=op.f("pk_mirrored_reactions")),
    )
    op.create_table(
        "occurrences",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("via", BIG_ID, nullable=True),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_occurrences_ticket_id")),
        sa.ForeignKeyConstraint(["via"], ["tickets.id"], name=op.f("fk_occurrences_via")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occurrences")),
    )
    op.create_index("ix_occurrences_ticket", "occurrences", ["ticket_id", "at"], unique=False)
    op.create_table(
        "problem_causes",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("problem_id", BIG_ID, nullable=False),
        sa.Column("branch", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["problem_id"], ["problems.id"], name=op.f("fk_problem_causes_problem_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem_causes")),
    )
    op.create_index("ix_problem_causes_problem", "problem_causes", ["problem_id", "id"], unique=False)
    op.create_table(
        "problem_tickets",
        sa.Column("problem_id", BIG_ID, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["problem_id"], ["problems.id"], name=op.f("fk_problem_tickets_problem_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_problem_tickets_ticket_id")),
        sa.PrimaryKeyConstraint("problem_id", "ticket_id", name=op.f("pk_problem_tickets")),
    )
    op.create_index("ix_problem_tickets_ticket", "problem_tickets", ["ticket_id"], unique=False)
    op.create_table(
        "promises",
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("maker", sa.String(length=32), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.Column("due", Utc(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("settled_at", Utc(), nullable=True),
        sa.Column("slip", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_promises_phase_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_promises_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", "number", name=op.f("pk_promises")),
    )
    op.create_index("ix_promises_due", "promises", ["phase_id", "due"], unique=False)
    op.create_table(
        "rehearsal_calls",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("rehearsal_id", BIG_ID, nullable=False),
        sa.Column("place", sa.String(length=32), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["rehearsal_id"], ["rehearsals.id"], name=op.f("fk_rehearsal_calls_rehearsal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rehearsal_calls")),
    )
    op.create_index("ix_rehearsal_calls_rehearsal", "rehearsal_calls", ["rehearsal_id"], unique=False)
    op.create_table(
        "reminders",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("about", sa.String(length=60), nullable=False),
        sa.Column("next_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_reminders_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders")),
        sa.UniqueConstraint("ticket_id", "person", "kind", name=op.f("uq_reminders_ticket_id_person_kind")),
    )
    op.create_index("ix_reminders_next_at", "reminders", ["next_at"], unique=False)
    op.create_table(
        "responses",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("wave_id", BIG_ID, nullable=False),
        sa.Column("pseudonym", sa.String(length=64), nullable=False),
        sa.Column("segment", sa.String(length=200), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f("fk_responses_wave_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_responses")),
        sa.UniqueConstraint("wave_id", "pseudonym", name=op.f("uq_responses_wave_id_pseudonym")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rule_runs",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("rule", sa.String(length=30), nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("occasion", sa.String(length=10), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("held", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_rule_runs_phase_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_rule_runs_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_runs")),
    )
    op.create_index("ix_rule_runs_rule", "rule_runs", ["phase_id", "rule", "at"], unique=False)
    op.create_index("ix_rule_runs_ticket", "rule_runs", ["ticket_id", "rule"], unique=False)
    op.create_table(
        "session_items",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("session_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("filed_by", sa.String(length=32), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_session_items_session_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_session_items_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_items")),
    )
    op.create_index("ix_session_items_session", "session_items", ["session_id"], unique=False)
    op.create_index("ix_session_items_ticket", "session_items", ["ticket_id"], unique=False)
    op.create_table(
        "session_people",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("session_id", BIG_ID, nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("user_group", sa.String(length=75), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_session_people_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_people")),
    )
    op.create_index("ix_session_people_person", "session_people", ["person"], unique=False)
    op.create_index("ix_session_people_session", "session_people", ["session_id"], unique=False)
    op.create_table(
        "signal_alerts",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("occurrence", sa.String(length=64), nullable=False),
        sa.Column("firing", sa.Boolean(), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("rule", sa.String(length=30), server_default="", nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("endpoint", sa.String(length=200), server_default="", nullable=False),
        sa.Column("component", sa.String(length=20), server_default="", nullable=False),
        sa.Column("left_out", sa.Integer(), server_default="0", nullable=False),
        sa.Column("times", sa.Integer(), server_default="1", nullable=False),
        sa.Column("storm", sa.Boolean(), nullable=False),
        sa.Column("first_at", Utc(), nullable=False),
        sa.Column("last_at", Utc(), nullable=False),
        sa.Column("over_at", Utc(), nullable=True),
        sa.Column("ticket_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_signal_alerts_phase_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_signal_alerts_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signal_alerts")),
        sa.UniqueConstraint(
            "phase_id", "source", "key", "occurrence", name=op.f("uq_signal_alerts_phase_id_source_key_occurrence")
        ),
    )
    op.create_index("ix_signal_alerts_phase", "signal_alerts", ["phase_id", "last_at"], unique=False)
    op.create_index("ix_signal_alerts_ticket", "signal_alerts", ["ticket_id"], unique=False)
    op.create_table(
        "signal_misses",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("integration_id", BIG_ID, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("outline", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["signal_integrations.id"], name=op.f("fk_signal_misses_integration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signal_misses")),
    )
    op.create_index("ix_signal_misses_at", "signal_misses", ["at"], unique=False)
    op.create_table(
        "timers",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=True),
        sa.Column("pending", sa.Date(), nullable=True),
        sa.Column("next_at", Utc(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_timers_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timers")),
        sa.UniqueConstraint("key", name=op.f("uq_timers_key")),
    )
    op.create_index(
        "ix_timers_next_at",
        "timers",
        ["next_at", "id"],
        unique=False,
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_table(
        "war_rooms",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("opened_by", sa.String(length=32), nullable=False),
        sa.Column("opened_at", Utc(), nullable=False),
        sa.Column("own_channel", sa.Boolean(), nullable=False),
        sa.Column("lead", sa.String(length=32), nullable=False),
        sa.Column("communications", sa.String(length=32), nullable=False),
        sa.Column("scribe", sa.String(length=32), nullable=False),
        sa.Column("invited", sa.JSON(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("card", sa.Integer(), nullable=True),
        sa.Column("refused", sa.String(length=80), nullable=False),
        sa.Column("closed_by", sa.String(length=32), nullable=False),
        sa.Column("closed_at", Utc(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_war_rooms_phase_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_war_rooms_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_war_rooms")),
    )
    op.create_index("ix_war_rooms_ticket", "war_rooms", ["ticket_id", "id"], unique=False)
    op.create_table(
        "workarounds",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("readers", sa.JSON(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("given_at", Utc(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_workarounds_phase_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_workarounds_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workarounds")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_workarounds_phase", "workarounds", ["phase_id", "ended_at"], unique=False)
    op.create_index("ix_workarounds_ticket", "workarounds", ["ticket_id"], unique=False)
    op.create_table(
        "action_needs",
        sa.Column("action_id", BIG_ID, nullable=False),
        sa.Column("needs_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["action_id"], ["actions.id"], name=op.f("fk_action_needs_action_id")),
        sa.ForeignKeyConstraint(["needs_id"], ["actions.id"], name=op.f("fk_action_needs_needs_id")),
        sa.PrimaryKeyConstraint("action_id", "needs_id", name=op.f("pk_action_needs")),
    )
    op.create_table(
        "article_offers",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("article_id", BIG_ID, nullable=False),
        sa.Column("who", sa.String(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_article_offers_article_id")),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_article_offers_phase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_offers")),
    )
    op.create_index("ix_article_offers_phase", "article_offers", ["phase_id", "at"], unique=False)
    op.create_table(
        "article_versions",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("article_id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_article_versions_article_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_versions")),
    )
    op.create_index("ix_article_versions_article", "article_versions", ["article_id", "version"], unique=True)
    op.create_table(
        "issue_parts",
        sa.Column("link_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("part_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["issue_links.id"], name=op.f("fk_issue_parts_link_id")),
        sa.PrimaryKeyConstraint("link_id", "kind", "part_id", name=op.f("pk_issue_parts")),
    )
    op.create_table(
        "mail_files",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("mail_id", BIG_ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["mails.id"], name=op.f("fk_mail_files_mail_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_files")),
    )
    op.create_index(op.f("ix_mail_files_mail_id"), "mail_files", ["mail_id"], unique=False)
    op.create_table(
        "outbox_messages",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("lane_id", BIG_ID, nullable=False),
        sa.Column("verb", sa.String(length=10), nullable=False),
        sa.Column("target", BIG_ID, nullable=True),
        sa.Column("in_thread", sa.Boolean(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("buttons", sa.Text(), nullable=True),
        sa.Column("awaits", sa.String(length=80), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("bucket", sa.String(length=44), server_default="", nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("holder", sa.String(length=32), nullable=True),
        sa.Column("uncertain", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", Utc(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("tried_at", Utc(), nullable=True),
        sa.Column("sent_at", Utc(), nullable=True),
        sa.Column("channel", sa.String(length=32), nullable=True),
        sa.Column("ts", sa.String(length=32), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["lane_id"], ["lanes.id"], name=op.f("fk_outbox_messages_lane_id")),
        sa.ForeignKeyConstraint(["target"], ["outbox_messages.id"], name=op.f("fk_outbox_messages_target")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_messages")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_outbox_messages_awaits",
        "outbox_messages",
        ["awaits"],
        unique=False,
        sqlite_where=sa.text("awaits IS NOT NULL"),
        postgresql_where=sa.text("awaits IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_messages_buttons",
        "outbox_messages",
        ["lane_id", "verb"],
        unique=False,
        sqlite_where=sa.text("buttons IS NOT NULL"),
        postgresql_where=sa.text("buttons IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_messages_dead",
        "outbox_messages",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'dead'"),
        postgresql_where=sa.text("state = 'dead'"),
    )
    op.create_index(
        "ix_outbox_messages_due",
        "outbox_messages",
        ["priority", "id", "bucket", "verb", "next_at"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("ix_outbox_messages_lane", "outbox_messages", ["lane_id", "id"], unique=False)
    op.create_index(
        "ix_outbox_messages_sending",
        "outbox_messages",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'sending'"),
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index(
        "ix_outbox_messages_target",
        "outbox_messages",
        ["target"],
        unique=False,
        sqlite_where=sa.text("target IS NOT NULL"),
        postgresql_where=sa.text("target IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_messages_ts",
        "outbox_messages",
        ["ts", "channel"],
        unique=False,
        sqlite_where=sa.text("ts IS NOT NULL"),
        postgresql_where=sa.text("ts IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_messages_unsent",
        "outbox_messages",
        ["lane_id", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('waiting', 'sending')"),
        postgresql_where=sa.text("state IN ('waiting', 'sending')"),
    )
    op.create_table(
        "pages",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("escalation_id", BIG_ID, nullable=True),
        sa.Column("ticket_id", BIG_ID, nullable=True),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("answered_at", Utc(), nullable=True),
        sa.Column("checked_at", Utc(), nullable=True),
        sa.Column("warning", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalations.id"], name=op.f("fk_pages_escalation_id")),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_pages_phase_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_pages_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pages")),
    )
    op.create_index("ix_pages_escalation", "pages", ["escalation_id", "person"], unique=False)
    op.create_index("ix_pages_person", "pages", ["person", "at"], unique=False)
    op.create_index(
        "ix_pages_unchecked",
        "pages",
        ["at"],
        unique=False,
        sqlite_where=sa.text("checked_at IS NULL"),
        postgresql_where=sa.text("checked_at IS NULL"),
    )
    op.create_table(
        "subtasks",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("link_id", BIG_ID, nullable=False),
        sa.Column("action_id", BIG_ID, nullable=False),
        sa.Column("issue_id", sa.String(length=64), nullable=True),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("tried_at", Utc(), nullable=True),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("is_done", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["action_id"], ["actions.id"], name=op.f("fk_subtasks_action_id")),
        sa.ForeignKeyConstraint(["link_id"], ["issue_links.id"], name=op.f("fk_subtasks_link_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subtasks")),
        sa.UniqueConstraint("link_id", "action_id", name=op.f("uq_subtasks_link_id_action_id")),
    )
    op.create_index(op.f("ix_subtasks_issue_id"), "subtasks", ["issue_id"], unique=False)
    op.create_table(
        "timeline_entries",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("war_room_id", BIG_ID, nullable=False),
        sa.Column("author", sa.String(length=32), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("noted_by", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("ts", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["war_room_id"], ["war_rooms.id"], name=op.f("fk_timeline_entries_war_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timeline_entries")),
    )
    op.create_index("ix_timeline_entries_war_room", "timeline_entries", ["war_room_id", "ts"], unique=False)
    op.create_index("ux_timeline_entries_message", "timeline_entries", ["channel", "ts"], unique=True)
    op.create_table(
        "teams_messages",
        sa.Column("message_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("activity_id", sa.Text(), nullable=False),
        sa.Column("sent_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_teams_messages")),
    )
    op.create_index("ix_teams_messages_sent", "teams_messages", ["sent_at"], unique=False)
    op.create_table(
        "teams_people",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("bot", sa.Text(), nullable=False),
        sa.Column("conversation", sa.Text(), nullable=False),
        sa.Column("service_url", sa.Text(), nullable=False),
        sa.Column("seen_at", Utc(), nullable=False),
        sa.Column("gone_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams_people")),
        sa.UniqueConstraint("conversation", name=op.f("uq_teams_people_conversation")),
        sa.UniqueConstraint("tenant", "object_id", name=op.f("uq_teams_people_tenant_object_id")),
    )
    op.create_table(
        "timer_runs",
        sa.Column("timer_id", BIG_ID, nullable=False),
        sa.Column("occurrence", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("due_at", Utc(), nullable=True),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["timer_id"], ["timers.id"], name=op.f("fk_timer_runs_timer_id")),
        sa.PrimaryKeyConstraint("timer_id", "occurrence", name=op.f("pk_timer_runs")),
    )
    op.create_index("ix_timer_runs_at", "timer_runs", ["at"], unique=False)
    op.create_table(
        "mirrors",
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("ts", sa.String(length=32), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("message_id", BIG_ID, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["outbox_messages.id"], name=op.f("fk_mirrors_message_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_mirrors_ticket_id")),
        sa.PrimaryKeyConstraint("channel", "ts", "part", name=op.f("pk_mirrors")),
    )


def _views() -> None:
    for name, query in BY_TICKET.items():
        op.execute(f"CREATE VIEW hypercare_{name} AS {query.format(which='tickets.private IS NOT TRUE')}")
        op.execute(f"CREATE VIEW hypercare_private_{name} AS {query.format(which='tickets.private')}")
    for name, query in BY_PHASE.items():
        op.execute(f"CREATE VIEW hypercare_{name} AS {query}")
