"""What people see of gateways: traffic, targets, and what a gateway knows of a report."""
