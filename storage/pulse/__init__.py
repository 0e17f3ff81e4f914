"""Tables and repositories of pulse surveys: questions, waves, answers and results."""
