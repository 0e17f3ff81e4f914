"""What automation adds to the app: rules, and the pages they ask for once an escalation has followed the change."""

from bot.services.automation.rules import apply_rules, page_by_rules

CONSEQUENCES = (apply_rules,)
__all__ = ["CONSEQUENCES", "page_by_rules"]
