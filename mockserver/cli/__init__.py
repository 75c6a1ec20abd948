"""The commands of `mockserver`, one file each. `main` puts them together."""
