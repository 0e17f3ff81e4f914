"""What people read of steps of workflows, and what workflows get from them."""
