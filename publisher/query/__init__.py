"""Reading a release: the store, descriptions, and queries."""
