"""Tests of `openapi.sampling`."""
