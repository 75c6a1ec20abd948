"""Events or fields are missing, doubled, unknown, broken, or errors."""
