"""Tables and repositories of on call: rotas, shifts, escalations and pages."""
