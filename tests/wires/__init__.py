"""Tests of `wires`."""
