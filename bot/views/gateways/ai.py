"""The page of an AI gateway: calls, tokens, cost and times, budgets, and versions of prompts compared."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views import charts
from bot.views.gateways.periods import in_words
from bot.views.text import Block, actions, answer, button, context, day, escape, section
from domain.gateways.ai_call import AiOutcome
from domain.gateways.ai_overview import PERIODS, AiOverview
from domain.gateways.ai_usage import AiSums
from domain.gateways.prompts import PromptComparison, PromptMeasure, PromptVerdict
from domain.gateways.settings import AiBudget, BudgetPeriod
from domain.text import plural

SHOW = "ai"
SHOWN, SHOWN_TICKETS = 12, 5
COLUMNS = ("Calls", "Went wrong %", "Tokens in", "Tokens out", "Cost", "Average ms", "p95 ms")
OF_PERIOD = {BudgetPeriod.DAY: "today", BudgetPeriod.PHASE: "in this phase"}


def page(found: AiOverview) -> dict[str, Any]:
    """Return the page of a phase's AI gateway, with buttons for other periods."""
    if not found.has_calls:
        text = (
            f"No AI gateway has sent its log for {escape(found.phase)} yet. A lead adds an integration for it with "
            f"`/hypercare signals {found.key} add ai`."
        )
        return answer(text, [section(text)])
    total = found.total
    headline = plural(
        total.calls, "{phase}: 1 call of a model in the last {period}, for {cost}.",
        "{phase}: {count} calls of models in the last {period}, for {cost}.",
        phase=escape(found.phase), period=in_words(found.period), cost=_money(total.cost),
    )  # fmt: skip
    blocks = [section(f"*{headline}*")]
    if found.budgets:
        blocks.append(section("\n".join(["*Budgets*", *(budget_line(*one) for one in found.budgets)])))
    blocks += _table("Models", "Model", found.models)
    if found.teams:  # Slack takes one table a message
        teams = (_team_line(*one) for one in _costly(found.teams))
        blocks.append(section("\n".join(["*Teams and consumers*", *teams])))
    if total.failed:
        blocks.append(context(_failures(total)))
    if drawn := _chart(found):
        blocks.append(drawn)
    if found.comparisons:
        lines = [line for one in found.comparisons for line in comparison_lines(one, found.tickets)]
        blocks.append(section("\n".join(["*Versions of prompts*", *lines])))
    others = [button(name, f"{SHOW}:{name}", f"{found.key} {name}") for name in PERIODS if name != found.period]
    return answer(headline, [*blocks, actions(*others)])


def budget_title(budget: AiBudget, spent: float) -> str:
    """Return the summary of a ticket about a budget."""
    if spent >= budget.amount:
        return f"The AI budget {budget.name} is used up"
    return f"The AI budget {budget.name} is nearly used up"


def budget_reason(budget: AiBudget, spent: float) -> str:
    """Return how much is spent of which calls, in plain text."""
    return (
        f"{_money(spent)} of {_money(budget.amount)} are spent {OF_PERIOD[budget.per]}, on models {budget.model} by "
        f"teams {budget.team}."
    )


def budget_line(budget: AiBudget, spent: float) -> str:
    share = f"{100 * spent / budget.amount:.0f} %"
    return f"• {escape(budget.name)}: {_money(spent)} of {_money(budget.amount)} spent {OF_PERIOD[budget.per]}, {share}"


def comparison_lines(found: PromptComparison, tickets: Mapping[str, Sequence[str]]) -> list[str]:
    """Return how the newer version of a prompt compares with the older one, as lines of mrkdwn."""
    newer, older = f"{found.newer_sums.calls:,} calls", f"{found.older_sums.calls:,} calls"
    lines = [
        f"• *{escape(found.newer)}* ({newer}) compared with {escape(found.older)} ({older})",
        f"   Accepted answers: {_measured(found.accepted, 100, ' points', '.1f')}",
        f"   Response time: {_measured(found.time, 1, ' ms', '.0f')}",
        f"   Cost of a call: {_measured(found.cost, 1, '', '.4g')}",
    ]
    for version in (found.newer, found.older):
        if names := tickets.get(version):
            shown = ", ".join(names[:SHOWN_TICKETS])
            one, many = "   1 ticket names {version}: {shown}", "   {count} tickets name {version}: {shown}"
            lines.append(plural(len(names), one, many, version=escape(version), shown=shown))
    return lines


def _measured(one: PromptMeasure, factor: float, unit: str, style: str) -> str:
    if one.difference is None:
        return f"{PromptVerdict.TOO_FEW} to say"
    value, low, high = (format(factor * bound, f"+{style}") for bound in (
        one.difference.value, one.difference.low, one.difference.high))  # fmt: skip
    return f"{one.verdict}, {value}{unit} ({low} to {high})"


def _table(caption: str, first: str, found: Mapping[str, AiSums]) -> list[Block]:
    rows = [_row(*one) for one in _costly(found)]
    return [charts.table(caption, (first, *COLUMNS), rows)] if rows else []


def _costly(found: Mapping[str, AiSums]) -> list[tuple[str, AiSums]]:
    """Return the names that cost most."""
    return sorted(found.items(), key=lambda one: (-one[1].cost, -one[1].calls, one[0]))[:SHOWN]


def _team_line(name: str, sums: AiSums) -> str:
    counted = plural(sums.calls, "{name}: 1 call", "{name}: {count} calls", name=escape(name))
    return f"• {counted} for {_money(sums.cost)}, {sums.failed:,} of them went wrong"


def _row(name: str, sums: AiSums) -> list[str | float]:
    wrong = 100 * sums.failed / sums.calls if sums.calls else 0.0
    p95 = sums.latency.quantile(0.95)
    average = sums.latency.avg if sums.latency.count else None
    times = ("–" if one is None else round(one) for one in (average, p95))
    return [name, sums.calls, round(wrong, 1), sums.tokens_in, sums.tokens_out, round(sums.cost, 4), *times]


def _failures(total: AiSums) -> str:
    parts = (f"{one.label}: {total.outcomes[one]:,}" for one in AiOutcome if one is not AiOutcome.OK)
    return " · ".join(part for part in parts if not part.endswith(": 0"))


def _chart(found: AiOverview) -> Block | None:
    days = sorted(found.days)
    if len(days) < charts.MIN_SHARED_LABELS:
        return None
    return charts.chart("Cost a day", "bar", {"Cost": [round(found.days[one].cost, 4) for one in days]},
                        [day(one) for one in days])  # fmt: skip


def _money(amount: float) -> str:
    return f"{amount:,.2f}" if amount >= 1 or not amount else f"{amount:.4f}"
