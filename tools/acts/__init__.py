"""What each real client does with the mock at its defaults: the table of acts, and the client profiles."""
