"""Tables and repositories of intake: every way in which a report becomes a ticket."""
