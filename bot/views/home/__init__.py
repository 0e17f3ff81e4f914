"""What people see of the App Home, the menu and the help."""
