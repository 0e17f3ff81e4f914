"""Rules of follow-up: promises, verified fixes, pending replies and the weekly note."""
