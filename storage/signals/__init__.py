"""Storage of signals: doors, alerts, and what was not understood."""
