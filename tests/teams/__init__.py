"""Cards in Microsoft Teams."""
