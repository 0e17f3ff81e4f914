"""Connections to other systems: a folder for each, with its transport, its mapping and a fake to try it with."""
