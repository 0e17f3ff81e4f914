"""What people read about issues of other trackers."""
