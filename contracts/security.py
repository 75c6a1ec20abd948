"""Where the security schemes of an OpenAPI document put a credential: into a header, the query or a cookie."""

import base64
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias
from urllib.parse import quote

from mockserver.contracts.exchange import SentRequest

Place: TypeAlias = Literal["header", "query", "cookie"]


@dataclass(frozen=True)
class CredentialPlace:
    """Where one scheme puts its credential. `prefix` comes before it, such as `Bearer `."""

    scheme: str
    where: Place
    name: str
    prefix: str = ""

    def put(self, request: SentRequest, credential: str) -> SentRequest:
        """Return a request with the credential in its place."""
        value = self.prefix + (_encoded(credential) if self.prefix == "Basic " else credential)
        if self.where == "query":
            mark = "&" if "?" in request.path else "?"
            return replace(request, path=f"{request.path}{mark}{quote(self.name, safe='')}={quote(value, safe='')}")
        if self.where == "cookie":
            cookies = filter(None, (request.headers.get("cookie"), f"{self.name}={value}"))
            return replace(request, headers={**request.headers, "cookie": "; ".join(cookies)})
        return replace(request, headers={**request.headers, self.name.lower(): value})


Alternative: TypeAlias = tuple[CredentialPlace, ...]
"""Places that all need a credential. An operation has one or more alternatives."""


def alternatives(requirements: Iterable[Mapping[str, Any]], schemes: Mapping[str, Any]) -> tuple[Alternative, ...]:
    """Return how a request can be authorized, without the alternatives that no text can satisfy, such as mutual TLS."""
    found = [[_place(name, schemes.get(name) or {}) for name in requirement] for requirement in requirements]
    return tuple(tuple(filter(None, places)) for places in found if places and all(places))


def preferred(ways: Sequence[Alternative], known: Collection[str]) -> Alternative:
    """Return the alternative whose credentials the operator gave by the names of their schemes, or the first."""
    named = [places for places in ways if all(place.scheme in known for place in places)]
    return next(iter(named or ways), ())


def _place(name: str, scheme: Mapping[str, Any]) -> CredentialPlace | None:
    match scheme.get("type"), str(scheme.get("scheme")).lower(), scheme.get("in"):
        case "apiKey", _, "header" | "query" | "cookie" as where:
            return CredentialPlace(name, where, str(scheme.get("name")))
        case "http", "basic", _:
            return CredentialPlace(name, "header", "authorization", "Basic ")
        case ("http", "bearer", _) | ("oauth2" | "openIdConnect", _, _):
            return CredentialPlace(name, "header", "authorization", "Bearer ")
    return None


def _encoded(credential: str) -> str:
    """Return user and password as the Basic scheme writes them. What has no colon is encoded already."""
    return base64.b64encode(credential.encode()).decode() if ":" in credential else credential


def forms(credential: str) -> tuple[str, ...]:
    """Return the forms in which a request may show a credential, for those who must not print it."""
    return tuple(dict.fromkeys((credential, quote(credential, safe=""), _encoded(credential))))
