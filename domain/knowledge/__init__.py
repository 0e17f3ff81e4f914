"""Articles of the knowledge base, and how guides become articles."""
