"""Tests of the control API under `/_mock/`."""
