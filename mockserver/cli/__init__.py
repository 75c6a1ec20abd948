"""The commands of `mockserver`, one file a subject. `cli` puts them together."""
