"""The use cases: one function is one transaction, facts and messages together."""
