"""When a phase may end: gates, score, first runs, sign-off."""
