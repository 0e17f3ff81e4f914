"""Tests of war rooms, agendas and stand-ups."""
