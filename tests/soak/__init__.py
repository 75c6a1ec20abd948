"""The pure parts of the soak: its plan, its oracle, and the report of a difference."""
