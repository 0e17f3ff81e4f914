"""What must hold at every door: nothing is lost, and nothing is shown to people who may not see it."""
