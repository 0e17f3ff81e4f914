"""What people see of problems: list, page, forms."""
