"""Decisions: who decides what, on which evidence, how fast, and triggers that ask for one."""
