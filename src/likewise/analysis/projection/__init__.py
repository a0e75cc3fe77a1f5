"""2-D maps of a corpus."""
