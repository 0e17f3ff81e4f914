"""Rules that act on tickets by themselves, and what people follow."""
