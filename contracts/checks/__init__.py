"""Checks: pure functions that read one exchange and say which promise it breaks."""
