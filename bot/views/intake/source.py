"""What becomes of a report when the message it was made from is edited or deleted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.views.incoming import without_first_mention
from bot.views.intake.report import from_message
from domain.text import one_line
from domain.tickets.ticket import Report

DELETED = "The reported message was deleted"
ONLY_FILES = "See the attached file"
TEXTS = ("happened", "steps", "expected", "actual", "impact", "environment")
MIN_PHRASE = 4  # characters; anything shorter is taken out of a field only as a whole line


@dataclass(frozen=True, slots=True)
class Rewording:
    """What a message said `before` and says now, as plain text; `after` is empty once it was deleted."""

    before: str
    after: str

    @property
    def gone(self) -> Sequence[str]:
        """The lines whose words it no longer has, longest first."""
        left = one_line(self.after)
        lines = (one_line(line) for line in self.before.split("\n"))
        return sorted({line for line in lines if line and line not in left}, key=len, reverse=True)


def follow_message(report: Report, change: Rewording, *, has_files: bool = False) -> Report:
    """Return the report with what was taken out of the message taken out of it, and what was changed, changed.

    What a person wrote into the form besides stays. `has_files` when the message still has files.
    """
    texts: dict[str, Any] = {name: _follow_text(getattr(report, name), change) for name in TEXTS}
    if not report.happened and not change.before:  # it was only files
        texts["happened"] = from_message(change.after)["happened"]
    extra = {name: _follow_text(text, change) for name, text in report.extra.items()}
    return replace(
        report, **texts, extra=extra, summary=_follow_summary(report, change, ONLY_FILES if has_files else DELETED)
    )


def _versions(change: Rewording) -> list[tuple[str, str]]:
    """Return (before, after) as a report quotes them: with and without the mention at the start."""
    return [(change.before, change.after),
            (without_first_mention(change.before), without_first_mention(change.after))]  # fmt: skip


def _follow_summary(report: Report, change: Rewording, rest: str) -> str:
    """`rest` is the summary of a message that says nothing any more."""
    for before, after in _versions(change):
        if report.summary == (from_message(before)["summary"] or ONLY_FILES):
            return str(from_message(after)["summary"]) or rest
    if one_line(report.summary) in change.gone:
        return str(from_message(change.after)["summary"]) or rest
    return report.summary


def _follow_text(text: str, change: Rewording) -> str:
    for before, after in _versions(change):
        if text and text == from_message(before)["happened"]:
            return str(from_message(after)["happened"])
        if len(before) >= MIN_PHRASE and before in text:
            return text.replace(before, after).strip()
    gone = set(change.gone)
    return "\n".join(line for line in text.split("\n") if one_line(line) not in gone)
