"""The scenario language: its schema, how a file is compiled, which turn answers a request."""
