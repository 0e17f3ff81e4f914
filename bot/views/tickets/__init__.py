"""What people see of tickets: their life from report to resolution, and finding them."""
