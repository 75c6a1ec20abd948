"""The gateway in a test suite: the pytest plugin, `mockserver.start`, and the gateway that a test uses."""
