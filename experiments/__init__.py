"""The binaries; each one's --help says what it does."""
