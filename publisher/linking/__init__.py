"""Links between our entities and other people's identifiers."""
