"""Tests of what brings the mock to its users: the container, the GitHub action, the hooks, the CI examples."""
