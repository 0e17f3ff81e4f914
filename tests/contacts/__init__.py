"""Tests of contacts: who logs them, what they lead to, and where to walk next."""
