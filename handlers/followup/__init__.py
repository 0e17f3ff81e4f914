"""What people do in Slack about follow-up: promises, verified fixes, pending replies and the weekly note."""
