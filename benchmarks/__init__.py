"""Side-by-side measurements with peers; see README.md."""
