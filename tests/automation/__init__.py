"""Tests of automation: rules and their bounds, the dry run, and what people follow."""
