"""References: taken apart, followed inside one document and across files, bounded."""

from collections.abc import Mapping

import pytest

from mockserver.openapi.refs import (
    MAX_HOPS,
    Reference,
    ReferenceTarget,
    UnresolvableReference,
    locate,
    lookup,
    parse,
    resolve,
    resolve_object,
    value_at,
)

PARSED: list[tuple[str, Reference]] = [
    ("", Reference("", "", ())),
    ("#", Reference("", "", ())),
    ("#/", Reference("", "", ("",))),
    ("#//", Reference("", "", ("", ""))),
    ("#/a/0", Reference("", "", ("a", "0"))),
    ("#/a~1b/m~0n", Reference("", "", ("a/b", "m~n"))),
    ("#/~01", Reference("", "", ("~1",))),
    ("#/a~b", Reference("", "", ("a~b",))),
    ("#/a%20b/%C3%A9/c%25d", Reference("", "", ("a b", "é", "c%d"))),
    # RFC 6901, section 6: the fragment is percent-decoded before it is split.
    ("#/a%2Fb/c%7E1d", Reference("", "", ("a", "b", "c/d"))),
    ("#name", Reference("", "name", ())),
    ("common.yaml", Reference("common.yaml", "", ())),
    ("a%20b.yaml#/x", Reference("a%20b.yaml", "", ("x",))),
    ("https://example.com/s#here", Reference("https://example.com/s", "here", ())),
]


@pytest.mark.parametrize(("reference", "expected"), PARSED)
def test_a_reference_has_a_base_and_an_anchor_or_a_path(reference: str, expected: Reference) -> None:
    assert parse(reference) == expected


FILES: Mapping[str, object] = {
    "api.yaml": {"a": [{"b": 1}], "": {"": 2}, "~1": 3, "other": {"$ref": "parts/x y.yaml#/top"}},
    "parts/x y.yaml": {"top": {"$ref": "../api.yaml#/a/0"}, "list": [1]},
}

LOCATED: list[tuple[str, str, ReferenceTarget]] = [
    ("#/a/0/b", "api.yaml", ReferenceTarget("api.yaml", ("a", "0", "b"))),
    ("#/nowhere", "api.yaml", ReferenceTarget("api.yaml", ("nowhere",))),
    ("parts/x%20y.yaml#/top", "api.yaml", ReferenceTarget("parts/x y.yaml", ("top",))),
    ("../api.yaml", "parts/x y.yaml", ReferenceTarget("api.yaml", ())),
    ("./x%20y.yaml#/list/0", "parts/x y.yaml", ReferenceTarget("parts/x y.yaml", ("list", "0"))),
]


@pytest.mark.parametrize(("reference", "file", "expected"), LOCATED)
def test_a_reference_is_relative_to_the_file_that_it_stands_in(
    reference: str, file: str, expected: ReferenceTarget
) -> None:
    assert locate(FILES, reference, file) == expected


@pytest.mark.parametrize(
    ("reference", "message"),
    [("none.yaml#/a", "the file 'none.yaml' is not part of this document"), ("#anchor", "'#anchor' is an anchor")],
)
def test_a_reference_to_another_file_or_to_an_anchor_cannot_be_located(reference: str, message: str) -> None:
    with pytest.raises(UnresolvableReference, match=message):
        locate(FILES, reference, "api.yaml")


@pytest.mark.parametrize(
    ("reference", "value"),
    [("#/a/0/b", 1), ("#//", 2), ("#/~01", 3), ("#", FILES["api.yaml"]), ("", FILES["api.yaml"])],
)
def test_a_path_leads_to_a_value(reference: str, value: object) -> None:
    assert value_at(FILES, locate(FILES, reference, "api.yaml")) == value
    assert lookup(FILES["api.yaml"], reference) == value


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("#/a/1", "1"),
        ("#/a/00", "00"),
        ("#/a/-", "-"),
        ("#/a/٠", "٠"),
        ("#/a/99999999999", "99999999999"),
        ("#/a/0/b/c", "c"),
        ("#/none/none/at/all", "none"),
        ("#/~1", "/"),
    ],
)
def test_the_error_names_the_first_part_that_does_not_exist(reference: str, name: str) -> None:
    with pytest.raises(UnresolvableReference, match=f"^there is no '{name}'$"):
        lookup(FILES["api.yaml"], reference)


def test_a_chain_is_followed_through_the_files_to_its_end() -> None:
    assert resolve(FILES, {"$ref": "#/other"}, "api.yaml") == ({"b": 1}, "api.yaml")
    assert resolve(FILES, {"$ref": "parts/x%20y.yaml#/list"}, "api.yaml") == ([1], "parts/x y.yaml")


@pytest.mark.parametrize("value", [1, None, [{"$ref": "#"}], {"a": 1}, {"$ref": {"type": "string"}}])
def test_a_value_without_a_reference_is_returned_as_it_is(value: object) -> None:
    assert resolve(FILES, value, "api.yaml") == (value, "api.yaml")


def chain(length: int) -> dict[str, object]:
    """Return a document in which /0 refers to /1 and so on, until the last is a value."""
    return {**{str(number): {"$ref": f"#/{number + 1}"} for number in range(length)}, str(length): {"end": True}}


def test_a_chain_ends_within_the_bound_or_with_an_error() -> None:
    assert resolve_object(chain(MAX_HOPS - 1), {"$ref": "#/1"}) == {"end": True}
    for document in (chain(MAX_HOPS + 1), {"0": {"$ref": "#/0"}}, {"0": {"$ref": "#/1"}, "1": {"$ref": "#/0"}}):
        with pytest.raises(UnresolvableReference, match="circular reference"):
            resolve_object(document, {"$ref": "#/0"})


def test_what_must_be_an_object_is_one() -> None:
    assert resolve_object({}, {"type": "object"}) == {"type": "object"}
    with pytest.raises(UnresolvableReference, match="'#/a' does not lead to an object"):
        resolve_object({"a": [1]}, {"$ref": "#/a"})
