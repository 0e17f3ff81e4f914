"""What people see of actions: lists, forms, reminders."""
