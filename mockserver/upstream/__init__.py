"""A real gateway behind this one: it is asked, what it answers passes on as it comes, and the exchange is recorded."""

CODE = "upstream"
"""The code, in the journal, of an answer that a real gateway gave. Here, since the control API needs no connections."""
