"""The database: tables, the store and one repository per feature; knows SQL and the rules, but not Slack."""
