"""What automation adds to the app: rules, the pages that they ask for, and followed topics."""

from bot.services.automation.rules import apply_rules, page_by_rules
from bot.services.automation.topics import follow_by_topic

CONSEQUENCES = (apply_rules, follow_by_topic)
__all__ = ["CONSEQUENCES", "page_by_rules"]
