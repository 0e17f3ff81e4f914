"""Use cases of the post-mortem: ask people, edit, post and export."""
