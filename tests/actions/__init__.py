"""Tests of actions: rules, storage, and stories."""
