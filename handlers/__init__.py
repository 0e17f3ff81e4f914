"""How people come in: one door for each kind of request, and a table of verbs and ids behind it."""
