"""What stands out at a gateway: a sentence each, and a button that proposes a report."""

from bot.views.text import Block, button, escape, section
from domain.gateways.anomalies import ApiAnomaly, Oddity
from domain.text import shorten
from domain.tickets.ticket import SUMMARY_LIMIT

PROPOSE = "api_propose"
SENTENCES = {
    Oddity.ERRORS: "{endpoint} fails {times} times as often as at this hour before ({low}–{high})",
    Oddity.SLOW: "{endpoint} is slow {times} times as often as at this hour before ({low}–{high})",
    Oddity.MANY: "{endpoint} has {times} times as many requests as at this hour before ({low}–{high})",
    Oddity.FEW: "{endpoint} has only {times} times as many requests as at this hour before ({low}–{high})",
}
SUMMARIES = {
    Oddity.ERRORS: "{endpoint} fails more often than before",
    Oddity.SLOW: "{endpoint} is slower than before",
    Oddity.MANY: "{endpoint} has unusually many requests",
    Oddity.FEW: "{endpoint} has unusually few requests",
}


def block(key: str, found: ApiAnomaly) -> Block:
    """Return what stands out, with a button that opens the report form with it."""
    value = f"{key} {SUMMARIES[found.oddity].format(endpoint=found.endpoint)}"
    ratio = found.ratio
    times, low, high = (f"{one:.1f}" for one in (ratio.value, ratio.low, ratio.high))
    text = SENTENCES[found.oddity].format(endpoint=escape(found.endpoint), times=times, low=low, high=high)
    name = f"{PROPOSE}:{found.oddity} {shorten(found.endpoint, SUMMARY_LIMIT)}"
    return section(f":mag: {text}.", accessory=button("Report", name, value))
