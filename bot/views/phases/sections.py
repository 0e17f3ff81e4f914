"""The sections of a phase's settings that a lead changes in Slack: their forms, and each change before it is saved."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from bot.views import form
from bot.views.form import Values
from bot.views.inputs import (
    ChannelInput,
    ChannelsInput,
    ChoiceInput,
    DateInput,
    FormField,
    NumberInput,
    PeopleInput,
    TextInput,
)
from bot.views.phases import oncall, rules
from bot.views.phases.channels import list_no_access
from bot.views.phases.section import Section, Setting, Tree
from bot.views.text import (
    Block,
    actions,
    address,
    button,
    context,
    day,
    escape,
    header,
    message,
    quote,
    section,
)
from domain.address import is_channel, is_group, is_person
from domain.phases.access import ChannelAccess
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState, Risk, Role
from domain.pulse.settings import Occasion
from domain.reporting.digest import DigestSchedule
from domain.reporting.kpis import DEFAULT_TARGETS, KpiTarget
from domain.reporting.settings import Audience, Digest, DigestFrequency
from domain.sla.clocks import SlaTarget
from domain.sla.targets import DEFAULT_TARGETS as DEFAULT_SLA
from domain.text import lines_of, plural
from domain.tickets.ticket import Intake, Severity

BY_MAIL = "Addresses of people outside Slack, one on each line. They read figures, and no tickets or people"
SECTION, CONFIRM = "phase_section", "phase_confirm"
RISKS = tuple((risk.value, risk.value.capitalize(), "") for risk in Risk)


def _own(made: FormField) -> Setting:
    """Return an input for the setting of that name in the phase itself."""
    name = made.id
    if isinstance(made, NumberInput):
        return Setting(made, lambda phase: getattr(phase, name), lambda tree, value: tree.__setitem__(name, value or 0))
    return Setting(made, lambda phase: getattr(phase, name), lambda tree, value: tree.__setitem__(name, value))


def _within(area: str, name: str, made: FormField) -> Setting:
    """Return an input for a setting of an area."""

    def put(tree: Tree, value: Any) -> None:
        tree.setdefault(area, {})[name] = value

    return Setting(made, lambda phase: getattr(getattr(phase, area), name), put)


def _lines(area: str, name: str, label: str, hint: str) -> Setting:
    """Return an input for a list of names, one on each line."""

    def put(tree: Tree, value: str) -> None:
        tree.setdefault(area, {})[name] = lines_of(str(value))

    return Setting(
        TextInput(id=name, label=label, hint=hint), lambda phase: "\n".join(getattr(getattr(phase, area), name)), put
    )


def _people(name: str, label: str, *, required: bool = False) -> Setting:
    """Return an input for people; user groups, which the form can't choose, stay."""

    def put(tree: Tree, value: Sequence[str]) -> None:
        groups = [one for one in tree.get(name, ()) if is_group(one)]
        tree[name] = [*value, *groups]

    def get(phase: Phase) -> tuple[str, ...]:
        return tuple(one for one in getattr(phase, name) if not is_group(one))

    return Setting(PeopleInput(id=name, label=label, required=required), get, put)


def _role(role: Role) -> Setting:
    def put(tree: Tree, value: Sequence[str]) -> None:
        others = [one for one in tree.get("roles", {}).get(role, ()) if not address(one).startswith("<@")]
        tree["roles"] = {**tree.get("roles", {}), role: [*value, *others]}

    def get(phase: Phase) -> tuple[str, ...]:
        return tuple(one for one in phase.roles.get(role, ()) if address(one).startswith("<@"))

    return Setting(PeopleInput(id=f"role_{role.value}", label=role.label.capitalize()), get, put)


def _stakeholders() -> tuple[Setting, ...]:
    """Return the inputs for who gives feedback and who reads the figures: people, channels, and names of others.

    User groups, which the form can't choose, stay.
    """

    def part(name: str, suffix: str, made: FormField, mine: Callable[[str], bool]) -> Setting:
        def get(phase: Phase) -> Any:
            found = tuple(one for one in getattr(phase.reporting, name) if mine(one))
            return "\n".join(found) if isinstance(made, TextInput) else found

        def put(tree: Tree, value: Any) -> None:
            given = lines_of(str(value)) if isinstance(made, TextInput) else list(value)
            reporting = tree.setdefault("reporting", {})
            others = [one for one in reporting.get(name, ()) if not mine(one)]
            reporting[name] = list(dict.fromkeys([*others, *given]))

        return Setting(replace(made, id=f"{name}_{suffix}"), get, put)

    def is_name(one: str) -> bool:
        return not (is_person(one) or is_channel(one) or is_group(one))

    names = "Companies, committees and others who aren't here, one on each line"
    read = "They get the stakeholder digest"
    return (
        part("providers", "people", PeopleInput(id="", label="People who give feedback"), is_person),
        part("providers", "names", TextInput(id="", label="Others who give feedback", hint=names), is_name),
        part("consumers", "people", PeopleInput(id="", label="People who read the figures", hint=read), is_person),
        part("consumers", "channels", ChannelsInput(id="", label="Channels that read them", hint=read), is_channel),
        part("consumers", "names", TextInput(id="", label="Others who read them", hint=names), is_name),
    )


def _sla(severity: Severity) -> Setting:
    """Return an input for the three targets of a severity, as in `15m, 1h, 4h`."""

    def get(phase: Phase) -> str:
        given = {**DEFAULT_SLA[severity], **phase.sla.targets.get(severity, {})}
        return ", ".join(str(given[target]) for target in SlaTarget)

    def put(tree: Tree, value: str) -> None:
        parts = [part.strip() for part in str(value).split(",")]
        if len(parts) != len(SlaTarget):
            raise ValueError("Enter three times: to acknowledge, to update and to resolve, as in 1h, 4h, 8h.")
        targets = tree.setdefault("sla", {}).setdefault("targets", {})
        targets[severity.value] = dict(zip((target.value for target in SlaTarget), parts, strict=True))

    hint = "To acknowledge, update and resolve, in working time. Enter `none` for no target"
    made = TextInput(id=f"sla_{severity.value}", label=severity.capitalize(), multiline=False, limit=60, hint=hint,
                     required=True)  # fmt: skip
    return Setting(made, get, put)


def _holidays() -> Setting:
    """Return the input for days off, one on each line."""

    def put(tree: Tree, value: str) -> None:
        found, wrong = list[str](), list[str]()
        for line in lines_of(str(value)):
            try:
                found.append(date.fromisoformat(line).isoformat())
            except ValueError:
                wrong.append(line)
        if wrong:
            raise ValueError(f"I can't read {', '.join(wrong)}. Write each day as in 2026-12-25, one on each line.")
        tree.setdefault("sla", {})["holidays"] = sorted(set(found))

    made = TextInput(id="holidays", label="Holidays", hint="Days off, one on each line, as in 2026-12-25")
    return Setting(made, lambda phase: "\n".join(one.isoformat() for one in phase.sla.holidays), put)


def _languages() -> Setting:
    """Return the input for the languages that people write in, as in `en, fr`."""

    def put(tree: Tree, value: str) -> None:
        tree["languages"] = [one.strip().lower() for one in str(value).split(",") if one.strip()]

    hint = "As in en, de. Blame and tone are looked for in en. Others aren't checked"
    made = TextInput(id="languages", label="Languages", required=True, multiline=False, limit=60, hint=hint)
    return Setting(made, lambda phase: ", ".join(phase.languages), put)


def _kpi(kpi: KpiTarget) -> Setting:
    def get(phase: Phase) -> str:
        value = phase.reporting.kpi_targets.get(kpi, DEFAULT_TARGETS[kpi])
        return value if isinstance(value, str) else f"{value:g}"

    def put(tree: Tree, value: str) -> None:
        word = str(value).strip().lower().replace(",", ".").rstrip("%h ") or "none"
        try:
            given: float | str = "none" if word == "none" else float(word)
        except ValueError:
            raise ValueError("This isn't a number. Enter one, or `none` if there is no target yet.") from None
        tree.setdefault("reporting", {}).setdefault("kpi_targets", {})[kpi.value] = given

    unit = {"h": "In working hours", "%": "In per cent"}.get(kpi.unit, "")
    hint = f"{unit}. Enter `none` if there is no target yet".removeprefix(". ")
    return Setting(TextInput(id=f"kpi_{kpi.value}", label=kpi.label, multiline=False, limit=12, hint=hint), get, put)


def _digest(audience: Audience, label: str) -> tuple[Setting, ...]:
    """Return the inputs for how often, at what time and by mail to whom the first digest of an audience is sent."""

    def known(digests: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
        return next((one for one in digests if one["audience"] == audience), None)

    def first(phase: Phase) -> Digest | None:
        usual = phase.reporting.digests or (Digest(name="daily"),)
        return next((one for one in usual if one.audience is audience), None)

    def put(tree: Tree, name: str, value: Any) -> None:
        usual = [Digest(name="daily").model_dump(mode="json")]
        digests = list(tree.setdefault("reporting", {}).get("digests") or usual)
        before = known(digests)
        if before is None and (name == "at" or not value or value == DigestFrequency.NEVER):
            return
        made = {**(before or {"name": audience.value, "audience": audience.value}), name: value}
        tree["reporting"]["digests"] = [made if one is before else one for one in digests] + ([] if before else [made])

    every = ChoiceInput(
        id=f"every_{audience.value}",
        label=label,
        required=True,
        options=(("day", "Every working day", ""), ("week", "Once a week", ""), ("never", "Never", "")),
    )
    mails = TextInput(id=f"mails_{audience.value}", label=f"{label}, by e-mail", limit=3000, hint=BY_MAIL)
    at = TextInput(id=f"at_{audience.value}", label=f"{label}, at", multiline=False, limit=5, placeholder="09:00")
    return (
        Setting(every, lambda phase: one.every.value if (one := first(phase)) else "never",
                lambda tree, value: put(tree, "every", value)),
        Setting(at, lambda phase: one.at if (one := first(phase)) else "09:00",
                lambda tree, value: put(tree, "at", value or "09:00")),
        Setting(mails, lambda phase: "\n".join(one.mails) if (one := first(phase)) else "",
                lambda tree, value: put(tree, "mails", lines_of(str(value or "")))),
    )  # fmt: skip


SECTIONS: Mapping[str, Section] = {
    "dates": Section("Dates", "Most phases are planned for four weeks after the go-live, from two to six.", (
        _own(TextInput(id="name", label="Name", required=True, multiline=False, limit=80)),
        _own(TextInput(id="system", label="System", multiline=False, limit=80, hint="What went live")),
        _own(DateInput(id="go_live", label="Go-live")),
        _own(DateInput(id="planned_end", label="Planned end", hint="The survey at the end is sent on this day")),
        _own(ChoiceInput(id="risk", label="Risk class", options=RISKS)),
        _own(NumberInput(id="users", label="People who use the system", hint="0 when unknown")),
        _own(TextInput(id="timezone", label="Time zone", required=True, multiline=False, limit=60,
                       placeholder="Europe/Berlin")),
        _languages(),
    )),
    "people": Section("People", "User groups can't be changed here. Everyone in a role is named in the report.", (
        _people("leads", "Leads", required=True), _people("responders", "Responders"), *map(_role, Role),
    )),
    "stakeholders": Section(
        "Stakeholders", "Who gives feedback is named in the report. User groups can't be changed here.", _stakeholders()
    ),
    "channels": Section("Channels", "Invite the bot to private ones. A message in a reporting channel is a report.", (
        _own(ChannelInput(id="triage_channel", label="Triage channel", required=True)),
        _own(ChannelInput(id="oncall_channel", label="On-call channel", required=True)),
        _own(ChannelInput(id="digest_channel", label="Digest channel")),
        _own(ChannelInput(id="private_channel", label="Private channel", hint="For security tickets")),
        _own(ChannelsInput(id="intake_channels", label="Channels where people report")),
        _within("intake", "auto_intake", ChannelsInput(id="auto_intake", label="Reporting channels")),
    )),
    "intake": Section("Report form", "One on each line. Existing tickets don't change.", (
        _lines("intake", "modules", "Modules", "Such as Payslips or Integration / Bank export"),
        _lines("intake", "processes", "Business processes", "Such as Month end"),
        _lines("intake", "categories", "Categories", "Your own, if you need any"),
    )),
    "sla": Section("SLA targets", "Deadlines of open tickets are calculated again at once.", (
        *map(_sla, Severity),
        _within("sla", "work_days", TextInput(id="work_days", label="Working days", multiline=False, limit=40,
                                              required=True)),
        _within("sla", "work_hours", TextInput(id="work_hours", label="Working hours", multiline=False, limit=11,
                                               required=True)),
        _holidays(),
    )),
    "kpis": Section("KPI targets", "The values the phase is to reach. Enter `none` where there is no target yet.",
                    tuple(map(_kpi, KpiTarget))),
    "digests": Section("Digests", "Times are in the time zone of the phase.", (
        *_digest(Audience.TEAM, "Team digest"), *_digest(Audience.STAKEHOLDERS, "Stakeholder digest"),
        *_digest(Audience.REPORTERS, "Reporter digest"),
    )),
}  # fmt: skip


def find_section(name: str, phase: Phase) -> Section:
    """Return a section of that phase; InvalidForm if it has none of that name, as for a removed rota or rule."""
    found = SECTIONS.get(name) or oncall.find_section(name, phase) or rules.find_section(name, phase)
    if found is None:
        raise form.InvalidForm({"": "This form is out of date. Type `/hypercare phase` again."})
    return found


def section_form(name: str, phase: Phase) -> Block:
    """Return the form of a section, filled with the settings of the phase."""
    found = find_section(name, phase)
    values = {one.field.id: one.get(phase) for one in found.settings}
    return form.modal(SECTION, found.title, found.fields, values=values, submit="Next",
                      metadata={"phase": phase.key, "section": name}, before=[context(found.note)])  # fmt: skip


def section_of(view: Mapping[str, Any]) -> tuple[str, str]:
    """Return the key of the phase and the name of the section that a form is about."""
    data = form.metadata(view)
    return str(data.get("phase") or ""), str(data.get("section") or "")


def read_section(view: Mapping[str, Any], phase: Phase) -> Values:
    """Return what was filled in; InvalidForm names every error."""
    return form.read(view, find_section(section_of(view)[1], phase).fields)


def put_values(found: Section, tree: Tree, values: Values) -> None:
    """Change the settings of a phase file by the values of a section's form; InvalidForm names every error."""
    errors = {}
    for one in found.settings:
        if one.field.id in values:
            try:
                one.put(tree, values[one.field.id])
            except ValueError as error:
                errors[one.field.id] = str(error)
    if errors:
        raise form.InvalidForm(errors)
    found.finish(tree)


def changed_fields(name: str, before: Phase, after: Phase) -> list[str]:
    """Return the ids of the inputs whose settings change."""
    return [one.field.id for one in find_section(name, before).settings if one.get(before) != one.get(after)]


def changes(name: str, before: Phase, after: Phase) -> list[str]:
    """Return what changes, one line a setting: label, before and after."""
    settings = find_section(name, before).settings
    pairs = ((one.field.label, shown(one.get(before)), shown(one.get(after))) for one in settings)
    return [f"*{escape(label)}*: {old} → {new}" for label, old, new in pairs if old != new]


def shown(value: Any) -> str:
    """Return a setting in words: people and channels as Slack shows them."""
    if isinstance(value, date):
        return f"{day(value)} {value.year}"
    if isinstance(value, (tuple, list)):
        return ", ".join(address(str(one)) for one in value) or "none"
    text = "" if value is None else str(value)
    return (address(text) if is_channel(text) else quote(text.replace("\n", ", "), 300)) or "none"


def confirm_form(
    name: str, phase: Phase, lines: Sequence[str], follows: Sequence[tuple[str, str]], metadata: Mapping[str, Any]
) -> Block:
    """Return the form that shows what will change before it is saved, and what follows: each a heading and a text."""
    more = (section(text) for heading, told in follows for text in (f"*{heading}*", told))
    shown = [section(f"This changes *{quote(phase.name)}*:"), section("\n".join(lines)), *more]
    return form.modal(CONFIRM, find_section(name, phase).title, (), submit="Save", metadata=metadata, before=shown)


def phase_page(phase: Phase, came: Mapping[str, int], by_channel: Mapping[str, int]) -> dict[str, Any]:
    """Return what is set up for a phase, with a button for each section.

    `came` counts the reports by way in, and `by_channel` by the channel they came from.
    """
    people = ", ".join(map(address, phase.leads))
    risk = f"risk class {phase.risk}" if phase.risk else "no risk class"
    dates = f"Go-live {shown(phase.go_live)}, planned end {shown(phase.planned_end)}, {risk}"
    reports = ", ".join(f"{way} {count}" for way, count in came.items()) or "none yet"
    unused = ", ".join(way.value for way in Intake if way.value not in came)
    places = ", ".join(f"{address(one)} ({by_channel.get(one, 0)})" for one in phase.intake_channels) or "none"
    channels = (f"cards {address(phase.triage_channel)}, on call {address(phase.oncall_channel)}, "
                f"digests {shown(phase.digest_channel)}, reports {places}")  # fmt: skip
    lines = [
        f"*{quote(phase.name)}* ({phase.key}) is {phase.state.value}. {dates}.",
        f"*Leads:* {people}\n*Responders:* {shown(phase.responders)}",
        f"*Channels:* {channels}",
        f"*How reports came in:* {reports}",
        *([f"*No reports yet by:* {unused}"] if unused else []),
        f"*Digests:* {'; '.join(map(_digest_line(phase), phase.digest_schedules))}",
    ]
    readers = "; ".join(f"{address(one)} ({_digests_of(phase, one)})" for one in phase.reporting.consumers) or "none"
    lines.append(f"*Feedback comes from:* {shown(phase.reporting.providers)}\n*Figures are read by:* {readers}")
    if phase.reporting.user_groups:
        groups = (f"{quote(one.name)} ({one.people or len(phase.people(one.members))})"
                  for one in phase.reporting.user_groups)  # fmt: skip
        lines.append(f"*Groups of users, with their people:* {', '.join(groups)}")
    lines += [f":warning: {one}" for one in warnings(phase)]
    change = [button(found.title, f"{SECTION}:{name}", f"{name}:{phase.key}") for name, found in SECTIONS.items()]
    ends = {PhaseState.PLANNED: button("Start phase", "phase_start", phase.key, style="primary"),
            PhaseState.ACTIVE: button("End phase", "phase_end", phase.key)}  # fmt: skip
    on_call = (actions(*row) for row in oncall.section_buttons(phase, SECTION))
    blocks = [header(f"Phase {phase.key}"), *(section(line) for line in lines), actions(*change[:5]), *on_call,
              actions(*change[5:], button("Rules", "rules", phase.key),
                      *([ends[phase.state]] if phase.state in ends else []))]  # fmt: skip
    return message(f"Phase {phase.key}: {phase.name} is {phase.state.value}.", blocks)


HOW_OFTEN = {
    DigestFrequency.DAY: "every working day",
    DigestFrequency.WEEK: "once a week",
    DigestFrequency.NEVER: "never",
}


def _digest_line(phase: Phase) -> Callable[[DigestSchedule], str]:
    def line(schedule: DigestSchedule) -> str:
        digest = schedule.digest
        places = ", ".join(map(address, phase.digest_recipients(digest))) or "no one"
        by_mail = plural(len(digest.mails), " and 1 address", " and {count} addresses") if digest.mails else ""
        return f"{escape(digest.name)}, {HOW_OFTEN[digest.every]} at {digest.at}, to {places}{by_mail}"

    return line


def _digests_of(phase: Phase, reader: str) -> str:
    """Return the names of the digests that a reader of the figures gets."""
    schedules = (one.digest for one in phase.digest_schedules)
    return ", ".join(escape(one.name) for one in schedules if reader in phase.digest_places(one)) or "no digest"


def warnings(phase: Phase) -> list[str]:
    """Return what is missing, in sentences."""
    roles = ", ".join(role.label for role in phase.empty_roles)
    end_pulse = any(pulse.occasion is Occasion.END for pulse in phase.pulse.pulses)
    found = (
        (not phase.go_live, "There is no go-live date. Set it under *Dates*."),
        (not phase.planned_end, "There is no planned end. Most phases take four weeks."),
        (end_pulse and not phase.planned_end, "The survey at the end has no date, so it is only sent by hand."),
        (bool(roles), f"These roles are empty: {roles}. Fill them under *People*."),
        (not phase.reporting.kpi_targets, "No KPI targets were chosen, so the usual ones apply."),
    )
    return [text for missing, text in found if missing]


def saved(phase: Phase, lines: Sequence[str], missing: Mapping[str, ChannelAccess]) -> Block:
    """Return the modal that confirms what was saved, and says what is missing, also where it can't write."""
    notes = [*(f":warning: {one}" for one in list_no_access(missing)), *warnings(phase)]
    rest = [context("\n".join(notes))] if notes else []
    blocks = [section(f"Saved for *{quote(phase.name)}*:"), section("\n".join(lines)), *rest]
    return {**form.notice("Saved", ""), "blocks": blocks}


def end_form(phase: Phase, open_tickets: int) -> Block:
    """Return the form that asks before a phase is ended."""
    left = plural(open_tickets, "1 ticket is still open and stays as it is.",
                  "{count} tickets are still open and stay as they are.")  # fmt: skip
    text = (f"*{quote(phase.name)}* no longer takes reports. Its digests and surveys stop, and its channels are free "
            f"for another phase. All tickets are kept. {left}")  # fmt: skip
    return form.modal("phase_end", "End phase", (), submit="End phase", metadata={"phase": phase.key},
                      before=[section(text)])  # fmt: skip
