"""The decisions of phases."""
