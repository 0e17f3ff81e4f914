"""What people do in Slack about the App Home, the menu and the help."""
