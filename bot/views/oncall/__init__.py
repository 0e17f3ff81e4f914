"""What people see of on call: rotas, shifts, escalations and pages."""
