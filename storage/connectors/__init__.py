"""Links between tickets and issues of trackers."""
