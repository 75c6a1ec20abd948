"""The stream says the same in unusual bytes, or ends oddly.

Source: WHATWG HTML, "Server-sent events". Every client should take what the standard allows (comments, CRLF, several
data lines); docs/clients.md says which ones do not.
"""
