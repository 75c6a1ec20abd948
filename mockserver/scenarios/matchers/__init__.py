"""Matchers, one file for each key of `when`.

To add one: write its file (copy `last.py`), and add its line to `When` in `mockserver/scenarios/when.py`.
docs/extending/matcher.md walks through it; tests/scenarios/test_new_matcher.py names what is missing.
"""
