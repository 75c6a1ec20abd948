"""Checks: pure functions that read one exchange and say what in it breaks a promise. One file for each subject."""
