"""Tests of problems: rules, fishbone, storage, and stories."""
