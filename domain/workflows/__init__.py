"""Steps of Slack's Workflow Builder: what a phase lets them do."""
