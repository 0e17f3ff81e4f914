"""Rules of war rooms: where people work on a critical ticket together."""
