"""Tables and repositories of conversations: what reporter, followers and team write to each other."""
