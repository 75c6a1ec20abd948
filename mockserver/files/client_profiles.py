"""Client profiles: the requests of real clients, one file a client.

Rules:

- A file has the requests of one client, each under the name of what it asks for: `text`, `stream`, `tools`, …
- Headers and bodies are those that the client sends. `headers` of the file are those of all its requests; those of the
  connection are left out, as are ids that are new for every request. `{key}` is where the key goes.
- `path` is the whole path on the gateway: the client's documented base URL and what the client adds to it.
- `source` says how the requests were obtained. Those of packages are captured by `make acts`.
"""

from collections.abc import Mapping
from functools import cache

import msgspec

from mockserver.core import fast_yaml
from mockserver.core.conversation import JsonObject
from mockserver.core.errors import OperatorError, did_you_mean
from mockserver.files import bundled

KEY = "{key}"
"""Placeholder of the API key in a header."""


class ProfileRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One request of a client: its path, its body, and the headers that not all requests of the client have."""

    path: str
    body: JsonObject
    headers: dict[str, str] = {}


class ClientProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A client: its name, its version, the wire that it speaks, and its requests by name."""

    profile: str
    client: str
    source: str
    wire: str
    headers: dict[str, str]
    requests: dict[str, ProfileRequest]

    def request(self, name: str) -> ProfileRequest:
        """Return the request of this name. Raise `OperatorError` if the client has none."""
        if name not in self.requests:
            known = ", ".join(self.requests)
            raise OperatorError(f"the client profile {self.profile} has no request '{name}'; it has {known}")
        return self.requests[name]

    def headers_of(self, request: ProfileRequest, key: str) -> dict[str, str]:
        """Return all headers of a request, with this API key."""
        headers = {**self.headers, **request.headers}
        return {name: value.replace(KEY, key) for name, value in headers.items()}


@cache
def client_profiles() -> Mapping[str, ClientProfile]:
    """Return the shipped client profiles by name."""
    files = sorted(bundled.CLIENT_PROFILES.glob("*.yaml"))
    profiles = [msgspec.convert(fast_yaml.load(file.read_bytes()), ClientProfile) for file in files]
    return {profile.profile: profile for profile in profiles}


def client_profile(name: str) -> ClientProfile:
    """Return the client profile of this name. Raise `OperatorError` if there is none."""
    profiles = client_profiles()
    if name not in profiles:
        raise OperatorError(f"no client profile is named '{name}'; {did_you_mean(name, profiles)}")
    return profiles[name]
