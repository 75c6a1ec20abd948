"""The pure parts of the soak: its plan, its oracle, and how a difference is told."""
