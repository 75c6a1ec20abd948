"""Where sessions live: in memory, or in Redis."""
