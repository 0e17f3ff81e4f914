"""Table and repository of post-mortems."""
