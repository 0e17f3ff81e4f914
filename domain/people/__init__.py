"""Rules about people: who is one of us, who is a guest, and what each kind of person may do."""
