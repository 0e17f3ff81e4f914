"""What is said about people: their names, and what happens when one has left."""
