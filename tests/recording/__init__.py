"""Tests of `recording`."""
