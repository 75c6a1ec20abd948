"""Stores of sessions: in memory, or in Redis."""
