"""Tables and repositories of the App Home, the menu and the help."""
