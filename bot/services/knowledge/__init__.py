"""Use cases of the knowledge base: draft, review, suggest, import and export articles."""
