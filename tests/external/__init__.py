"""Tests of `external`."""
