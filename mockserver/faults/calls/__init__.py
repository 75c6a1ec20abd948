"""The tool calls are odd."""
