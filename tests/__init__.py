"""The tests: one file for each module, named by behaviour."""
