"""How an input says that it belongs to a rehearsal, and how it is answered when it went well."""

HEADER = "x-hypercare-rehearsal"  # of a request or a mail; its value proves that the input is ours
UNDONE = "Rehearsal: this worked, and nothing of it stays."
NO_TICKET = "belongs to no ticket"  # how a webhook says that it works, where nothing has to be undone
OUT_OF_REACH = "out of reach: "  # how the reason begins where the server can't reach its own public address
