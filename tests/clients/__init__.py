"""Official SDKs against the mock: real client programs, run as their users run them."""
