"""Services of signals: doors for monitoring systems, and tickets from their alerts."""
