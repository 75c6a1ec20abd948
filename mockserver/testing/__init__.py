"""The gateway in a test suite: the pytest plugin, `mockserver.start`, and what a test is given."""
