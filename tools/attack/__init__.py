"""`make attack`: load, fuzzers, hostile clients and broken machinery against servers of our own, on loopback only."""
