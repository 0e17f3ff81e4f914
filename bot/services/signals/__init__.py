"""Services of signals: integrations for monitoring systems, and tickets from their alerts."""
