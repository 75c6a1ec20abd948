"""Who may call an external operation: its `security`, judged by presence.

Each alternative of `security` is a set of schemes that must all be present; an empty one lets everybody in. Any
credential is accepted except `sk-ant-` keys, which the gateway refuses everywhere (D1). oauth2 and openIdConnect mean a
bearer token. A client certificate (mutualTLS) is not visible here and counts as present.
"""

import re
from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple
from urllib.parse import parse_qsl

from mockserver.accounts import keys
from mockserver.core.errors import Refusal
from mockserver.external.document import DocumentNode
from mockserver.openapi.operation import HandlerRequest

_BASIC = re.compile(r"[A-Za-z0-9+/_-]+=*")


class Scheme(NamedTuple):
    """One way to send a credential: a named `header`, `query` parameter or `cookie`, or a scheme of `http`."""

    place: str
    name: str

    def credential(self, request: HandlerRequest) -> str | None:
        """Return the credential that a request carries by this scheme, or None."""
        match self.place:
            case "header":
                return request.headers.get(self.name.lower(), "").strip() or None
            case "query":
                return dict(parse_qsl(request.query)).get(self.name) or None
            case "cookie":
                return cookies(request).get(self.name) or None
            case "http":
                scheme, _, value = request.headers.get("authorization", "").strip().partition(" ")
                value = value.strip()
                if scheme.lower() != self.name or (scheme.lower() == "basic" and not _BASIC.fullmatch(value)):
                    return None
                return value or None
            case _:
                return "unseen"

    def __str__(self) -> str:
        if self.place == "http":
            value = {"bearer": "<token>", "basic": "<base64 of user:password>"}.get(self.name, "<credentials>")
            return f"authorization: {self.name.capitalize()} {value}"
        return f"{self.name}: <key>" if self.place == "header" else f"the {self.place} parameter {self.name}"


class Security(NamedTuple):
    """The alternatives of an operation; without any, everybody may call."""

    alternatives: tuple[tuple[Scheme, ...], ...]

    def admit(self, request: HandlerRequest) -> None:
        """Raise `Refusal` 401 for missing credentials and for refused keys."""
        for scheme in {scheme: None for schemes in self.alternatives for scheme in schemes}:
            if (scheme.credential(request) or "").startswith(keys.REFUSED_PREFIX):
                raise Refusal(
                    401, "invalid_api_key", "Invalid API key: sk-ant- keys (Anthropic direct) are not accepted."
                )
        if not self.alternatives or any(
            all(scheme.credential(request) for scheme in schemes) for schemes in self.alternatives
        ):
            return
        ways = " or ".join([" and ".join([str(scheme) for scheme in schemes]) for schemes in self.alternatives])
        challenges = dict.fromkeys(
            scheme.name.capitalize() for schemes in self.alternatives for scheme in schemes if scheme.place == "http"
        )
        headers = (("www-authenticate", ", ".join(challenges)),) if challenges else ()
        raise Refusal(401, "missing_credentials", f"No credentials. Send {ways}.", headers=headers)


def security(root: DocumentNode, operation: DocumentNode) -> Security:
    """Return the security of an operation: its own, else the document's."""
    declared = operation if isinstance(operation.raw("security"), list) else root
    schemes = dict(root.get("components").get("securitySchemes").items())
    alternatives = [[name for name, _ in each.items() if name in schemes] for each in declared.get("security").each()]
    return Security(tuple([tuple([_scheme(schemes[name]) for name in names]) for names in alternatives]))


def _scheme(node: DocumentNode) -> Scheme:
    match node.text("type"):
        case "apiKey":
            return Scheme(node.text("in"), node.text("name"))
        case "http":
            return Scheme("http", node.text("scheme").lower())
        case "oauth2" | "openIdConnect":
            return Scheme("http", "bearer")
        case _:
            return Scheme("mutualTLS", "")


def cookies(request: HandlerRequest) -> dict[str, str]:
    """Return the cookies of a request; none if the header is malformed."""
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(request.headers.get("cookie", "")).items()}
    except CookieError:
        return {}
