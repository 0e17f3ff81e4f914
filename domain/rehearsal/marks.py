"""How an input says that it belongs to a rehearsal, and how its door says that it went well."""

HEADER = "x-hypercare-rehearsal"  # of a request or a mail; its value proves that the input is ours
UNDONE = "Rehearsal: this worked, and nothing of it stays."
