"""What happened: exchanges without secrets, how they are queried, and the verdict on a client."""
