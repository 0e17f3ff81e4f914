"""Storage of signals: integrations, alerts, and what was not understood."""
