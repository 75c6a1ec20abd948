"""What the mock costs, measured beside the least that a Python server can cost. Run it with `make bench`."""
