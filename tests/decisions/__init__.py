"""Tests of decisions: rules, triggers, storage, and stories."""
