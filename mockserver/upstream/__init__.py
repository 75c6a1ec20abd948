"""A real gateway behind this one: it is asked, what it answers passes on as it comes, and the exchange is recorded."""
