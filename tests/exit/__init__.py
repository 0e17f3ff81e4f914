"""Tests of the exit: forecast, gates, sign-off, first runs."""
