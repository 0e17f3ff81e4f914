"""The subcommands of `hypercare`, one module each; a module is imported only when its command runs."""
