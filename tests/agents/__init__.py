"""Tests of `mockserver/agents`."""
