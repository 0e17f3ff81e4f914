"""What people do about issues of other trackers."""
