"""What people see of reporting: digests, metrics, trends and reports of a phase."""
