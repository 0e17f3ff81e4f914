"""Tables and repositories of the knowledge base."""
