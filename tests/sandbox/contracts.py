"""Where the shared Slack contracts are, when they are beside this checkout."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = Path(os.environ.get("SLACK_CONTRACTS", ROOT.parent / "shared" / "slack-contracts"))
GENERATED = CONTRACTS / "generated"
FIXTURES = CONTRACTS / "slackblocks-spec" / "spec" / "fixtures"

needs_contracts = pytest.mark.skipif(
    not CONTRACTS.exists(), reason="the shared Slack contracts are not beside this checkout"
)
