"""The programs that drive the clients. Each runs with its own packages: see `program.py` and `program.mjs`."""
