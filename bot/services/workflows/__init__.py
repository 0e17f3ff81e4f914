"""Steps of Slack's Workflow Builder: reports, changes and questions."""
