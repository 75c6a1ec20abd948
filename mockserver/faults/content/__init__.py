"""The text itself is odd."""
