"""The event loop's edge: calls out to Slack, and the socket or the HTTP server that requests come in by."""
