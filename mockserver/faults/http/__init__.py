"""Status, headers and body are not what the client asked for."""
