"""Handlers of signals: the page of doors and its buttons."""
