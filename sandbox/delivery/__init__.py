"""How the workspace reaches the app: over its sockets or by signed requests."""
