"""Use cases of the App Home, the menu and the help."""
