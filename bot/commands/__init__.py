"""What the `hypercare` command does, one module a verb; each is loaded only when it is asked for."""
