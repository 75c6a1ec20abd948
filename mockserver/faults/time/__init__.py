"""The answer comes late or slowly. Pace says how fast a healthy answer is; these faults add to it."""
