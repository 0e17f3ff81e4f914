"""What people see of the exit: forecast, gates and score, first runs, sign-off."""
