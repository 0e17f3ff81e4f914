"""Sessions with users: focus groups, one-on-ones and workshops, their invitations, notes and items."""
