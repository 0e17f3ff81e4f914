"""What people see of decisions: lists, forms, messages."""
