"""Process settings, and files with a phase: read with every error at once, written, and documented."""
