"""The gateway under test: the mock is its upstream, and what passes through the gateway is compared on both sides.

`cases` is the table of what the upstream sends, `facts` reads a request or an answer, `asking` is the client in front
of the gateway, `upstream` the mock behind it. `runner` asks each case on every wire that the gateway offers; `results`
and `reports` say what it kept, changed and lost.
"""
