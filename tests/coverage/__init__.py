"""Tests of `coverage`."""
