"""From sources to a release: load → validate → infer → attribute → describe → release."""
