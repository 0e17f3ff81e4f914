"""Handlers of signals: the page of integrations and its buttons."""
