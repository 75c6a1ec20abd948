"""Outside judges: programs that others wrote to check LLM APIs, run against the mock."""
