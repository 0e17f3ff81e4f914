"""What people read in Microsoft Teams."""
