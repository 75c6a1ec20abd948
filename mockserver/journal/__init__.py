"""What happened: exchanges without secrets, how tests query them, and the verdict on a client."""
