"""The control API under `/_mock/`: observe and change a running gateway. The page, `tail` and other languages use it.

Rules:

- `guard` checks every request first: token, Host, Origin, size. No route runs without it, live streams included.
- No call can name a file, a program or a URL: scenarios and profiles come by name or as text.
- Pydantic models (`requests`, `responses`) define every body; FastAPI validates them and describes them in
  `/_mock/openapi.json`.
- Everything runs on the gateway's event loop and changes sessions only through the store's atomic update.

The first call builds it, so a gateway whose control API nobody uses does not pay for it.
"""

PREFIX = "/_mock"
"""The path prefix of every route."""
CONTEXT = "mockserver.control"
"""The key of a request's scope under which the routes find the context of their server."""
