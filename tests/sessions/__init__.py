"""Tests of sessions with users."""
