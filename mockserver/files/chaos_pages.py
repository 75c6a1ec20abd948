"""Chaos profiles for readers: what `mockserver chaos` prints, in the words of the file."""

from collections.abc import Iterable, Iterator, Mapping

import yaml

from mockserver.core.units import parse_share
from mockserver.engine.chaos_profile import ChaosProfile
from mockserver.files.yaml_document import Data, YamlDocument

_USE = """\
Use it:
  mockserver serve --chaos {chosen}
  gateway.chaos("{chosen}") in a test"""

_HEADER = """
  x-mock-chaos: {chosen} as a header of a request, for the rest of its session"""


def listing(profiles: Iterable[ChaosProfile]) -> str:
    """Return all profiles, one line each."""
    rows = [(profile.name, profile.about) for profile in profiles]
    width = max(len(name) for name, _ in rows)
    return "\n".join(
        [*[f"{name:<{width}}  {about}" for name, about in rows], "", "One of them:  mockserver chaos NAME"]
    )


def page(profile: ChaosProfile, document: YamlDocument, chosen: str) -> str:
    """Return what a terminal shows of a checked profile. `chosen` is its name, or its file if it is not shipped."""
    rules = list(_rules(document.value))
    width = max(len(who) for who, _ in rules)
    lines = [profile.name, *([f"  {profile.about}"] if profile.about else []), "", "For each request, in this order:"]
    lines += [f"  {who:<{width}}  {effect}" for who, effect in rules]
    use = _USE + (_HEADER if chosen == profile.name else "")
    return "\n".join([*lines, "", use.format(chosen=chosen), "", f"File: {document.file}"])


def _rules(value: Data) -> Iterator[tuple[str, str]]:
    """Yield each rule: which requests it applies to, and what it does to them."""
    rules = value["rules"] if isinstance(value, dict) else []
    for rule in rules if isinstance(rules, list) else []:
        if isinstance(rule, dict):
            effect = "error" if "error" in rule else "faults"
            yield _who(rule), f"{effect}: {_flow(rule[effect])}"


def _who(rule: Mapping[str, Data]) -> str:
    share = parse_share(rule.get("probability", 1.0))
    words = "every request" if share == 1 else f"{share * 100:.4g}% of requests"
    if rule.get("when"):
        words += f" that match{'es' if share == 1 else ''} {_flow(rule['when'])}"
    window = rule.get("window")
    if isinstance(window, dict):
        words += "".join([f", {word} {window[word]}" for word in ("from", "until", "every") if word in window])
    if "limit" in rule:
        words += f", at most {rule['limit']} times a session"
    return words


def _flow(value: Data) -> str:
    """Return a value as one line of YAML."""
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000, allow_unicode=True)
    return text.removesuffix("\n...\n").strip()
