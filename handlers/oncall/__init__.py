"""What people do in Slack about on call: rotas, shifts, escalations and pages."""
