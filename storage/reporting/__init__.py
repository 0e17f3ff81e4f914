"""Tables and repositories of reporting: digests, metrics, trends and reports of a phase."""
