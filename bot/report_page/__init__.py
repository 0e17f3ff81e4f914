"""The HTML page of a report with its charts, rendered in a separate process."""
