"""Use cases of the exit: forecast, gates and score, first runs, sign-off."""
