"""The connection breaks, hangs, trickles, or is framed wrongly.

What plain ASGI cannot do (a reset, a malformed chunk, a wrong content-length) the player does on the transport of a
real socket. Elsewhere it does what is nearest, and says so.
"""
