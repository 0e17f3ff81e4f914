"""Tables and repositories of war rooms."""
