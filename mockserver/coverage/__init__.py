"""Coverage of the gateway: which documented situations a suite's clients have met, and which turns were played."""
