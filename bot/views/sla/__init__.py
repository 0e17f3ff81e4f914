"""What people see of SLA: targets, clocks, working time and warnings."""
