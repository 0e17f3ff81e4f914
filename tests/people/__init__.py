"""Tests of who is one of us, and of people who change or leave."""
