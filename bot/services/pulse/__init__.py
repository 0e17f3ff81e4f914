"""Use cases of pulse surveys: questions, waves, answers and results."""
