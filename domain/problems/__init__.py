"""Problems: what several tickets have in common, and why it happens."""
