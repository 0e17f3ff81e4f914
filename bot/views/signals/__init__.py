"""What people see of signals: alerts on cards and in threads, and the page of integrations."""
