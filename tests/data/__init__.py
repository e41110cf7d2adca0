"""Acceptance tests of the data: what the seed report says, and what it does not."""
