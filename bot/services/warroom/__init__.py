"""War rooms: opened, kept up to date, closed."""
