"""What people see of phases: what is set up for one go-live."""
