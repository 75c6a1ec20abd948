"""The pure step from a session and a request to the next session and a decision."""
