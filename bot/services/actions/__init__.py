"""Use cases of actions: add, change, finish, list and remind."""
