"""Jira: Cloud (REST v3, API token) and Data Center (REST v2, personal access token)."""
