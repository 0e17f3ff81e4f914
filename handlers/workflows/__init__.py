"""Steps that people put into their workflows."""
