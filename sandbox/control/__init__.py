"""The control API under /sandbox/: how the page and programs act as the people of the workspace."""
