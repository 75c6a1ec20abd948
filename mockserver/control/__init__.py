"""The control API under `/_mock/`: to see and steer a running gateway. The page, `tail` and other languages use it.

Rules:

- `guard` stands before everything: token, Host, Origin, size. No route is reached without it, live streams included.
- Nothing in here names a file, a program or a URL to fetch: scenarios and profiles come by name or as text.
- What can be said, and what is answered, is said by pydantic models (`models`, `shapes`); FastAPI checks it and
  describes it in `/_mock/openapi.json`.
- All of it runs on the gateway's own loop and changes sessions only by the store's one atomic operation.

It is built when somebody first asks for it: a gateway that nobody steers does not pay for it.
"""

PREFIX = "/_mock"
"""Where it is found."""
