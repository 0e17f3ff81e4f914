"""Use cases of on call: rotas, shifts, escalations and pages."""
