"""Who says what, by when, and why a number is what it is: what the build and the server share."""
