"""The page of a report, and its pictures; what it needs for that is loaded only in the process that makes one."""
