"""What people see of pulse surveys: questions, waves, answers and results."""
