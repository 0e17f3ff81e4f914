"""Checks Block Kit payloads against Slack's limits."""

from sandbox.blockkit.check import check_any_blocks, check_blocks, check_message, check_rollout, check_view
from sandbox.blockkit.rules import Problem

__all__ = ["Problem", "check_any_blocks", "check_blocks", "check_message", "check_rollout", "check_view"]
