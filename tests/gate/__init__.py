"""The contract gate, and the suite that it runs."""
