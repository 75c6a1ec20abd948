"""Tests that need a real browser: CORS, the example apps, the page; see conftest.py."""
