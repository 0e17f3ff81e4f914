"""Problems, their tickets and causes."""
