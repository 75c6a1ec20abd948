"""Values that every layer uses: errors, wire actions, time, derived randomness, conversations."""
