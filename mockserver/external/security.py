"""Who may call a foreign operation: its `security`, judged by presence.

Each alternative of `security` is a set of schemes that must all be there; an empty one lets anybody in. A credential is
good if it is there, and no `sk-ant-` key: those are refused everywhere, as the gateway does (D1). oauth2 and
openIdConnect bring a bearer token; a client certificate (mutualTLS) cannot be seen from here and counts as there.
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
    """One way to bring a credential: in a `header`, `query` or `cookie` of a name, or as an http scheme."""

    place: str
    name: str

    def brought(self, asked: HandlerRequest) -> str | None:
        """The credential, or None."""
        match self.place:
            case "header":
                return asked.headers.get(self.name.lower(), "").strip() or None
            case "query":
                return dict(parse_qsl(asked.query)).get(self.name) or None
            case "cookie":
                return cookies(asked).get(self.name) or None
            case "http":
                scheme, _, value = asked.headers.get("authorization", "").strip().partition(" ")
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
    """The alternatives of an operation; none means that anybody may call."""

    alternatives: tuple[tuple[Scheme, ...], ...]

    def admit(self, asked: HandlerRequest) -> None:
        """Raises `Refusal` 401 for missing credentials and refused keys."""
        for scheme in {scheme: None for needed in self.alternatives for scheme in needed}:
            if (scheme.brought(asked) or "").startswith(keys.REFUSED_PREFIX):
                raise Refusal(
                    401, "invalid_api_key", "Invalid API key: sk-ant- keys (Anthropic direct) are not accepted."
                )
        if not self.alternatives or any(all(each.brought(asked) for each in needed) for needed in self.alternatives):
            return
        ways = " or ".join([" and ".join([str(scheme) for scheme in needed]) for needed in self.alternatives])
        challenges = dict.fromkeys(
            scheme.name.capitalize() for needed in self.alternatives for scheme in needed if scheme.place == "http"
        )
        headers = (("www-authenticate", ", ".join(challenges)),) if challenges else ()
        raise Refusal(401, "missing_credentials", f"No credentials. Send {ways}.", headers=headers)


def security(root: DocumentNode, operation: DocumentNode) -> Security:
    """The security of an operation: its own, else the document's."""
    declared = operation if isinstance(operation.raw("security"), list) else root
    schemes = dict(root.get("components").get("securitySchemes").items())
    needs = [[name for name, _ in need.items() if name in schemes] for need in declared.get("security").each()]
    return Security(tuple([tuple([_scheme(schemes[name]) for name in need]) for need in needs]))


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


def cookies(asked: HandlerRequest) -> dict[str, str]:
    """The cookies of a request; a header that is none gives none."""
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(asked.headers.get("cookie", "")).items()}
    except CookieError:
        return {}
