"""The importers, each with a file of its format."""
