"""Paths lead to operations: exact paths first, then the most literal template."""

import pytest

from mockserver.openapi.router import Router

PATHS = ["/pets", "/pets/mine", "/pets/{id}", "/pets/{id}.json", "/{any}/mine", "/a/{x}-{y}/b/{z}", "/p.q/{r}"]

# Path | method | the matching template | its parameters
FOUND: list[tuple[str, str, str | None, dict[str, str]]] = [
    ("/pets", "GET", "/pets", {}),
    ("/pets/mine", "GET", "/pets/mine", {}),
    ("/pets/3", "GET", "/pets/{id}", {"id": "3"}),
    ("/pets/3.json", "GET", "/pets/{id}.json", {"id": "3"}),
    ("/dogs/mine", "GET", "/{any}/mine", {"any": "dogs"}),
    ("/a/1-2/b/3", "GET", "/a/{x}-{y}/b/{z}", {"x": "1", "y": "2", "z": "3"}),
    ("/p.q/r\ns", "GET", "/p.q/{r}", {"r": "r\ns"}),
    ("/pxq/r", "GET", None, {}),
    ("/pets/3/4", "GET", None, {}),
    ("/pets/", "GET", None, {}),
    ("", "GET", None, {}),
    ("/pets/{id}", "GET", "/pets/{id}", {"id": "{id}"}),
]


@pytest.mark.parametrize(("path", "method", "template", "parameters"), FOUND)
def test_a_path_finds_its_template(path: str, method: str, template: str | None, parameters: dict[str, str]) -> None:
    router: Router[str] = Router()
    for each in PATHS:
        router.add(each, "GET", each)
    found = router.match(path, method)
    assert (None if found is None else (found[0][method], dict(found[1]))) == (
        None if template is None else (template, parameters)
    )


def test_the_order_in_which_paths_are_added_does_not_matter() -> None:
    for order in (PATHS, PATHS[::-1]):
        router: Router[str] = Router()
        for each in order:
            router.add(each, "GET", each)
        assert router.match("/pets/3.json", "GET") == ({"GET": "/pets/{id}.json"}, {"id": "3"})


def test_a_path_that_takes_the_method_beats_a_more_literal_one_that_does_not() -> None:
    router: Router[str] = Router()
    router.add("/pets/mine", "GET", "mine")
    router.add("/pets/{id}", "DELETE", "one")
    router.add("/pets/{id}", "PATCH", "change")
    assert router.match("/pets/mine", "DELETE") == ({"DELETE": "one", "PATCH": "change"}, {"id": "mine"})
    assert router.match("/pets/mine", "PUT") == ({"GET": "mine"}, {})
    assert router.match("/pets/3", "PUT") == ({"DELETE": "one", "PATCH": "change"}, {"id": "3"})


def test_a_wider_span_takes_slashes() -> None:
    router: Router[str] = Router(r"[^?]+")
    router.add("/models/{id}", "GET", "model")
    assert router.match("/models/vendor/name", "GET") == ({"GET": "model"}, {"id": "vendor/name"})


def test_a_longer_template_comes_first_where_a_parameter_may_have_slashes() -> None:
    router: Router[str] = Router("[^?]+")
    for path in ("/a/{id}", "/a/{id}/items"):
        router.add(path, "GET", path)
    matched = router.match("/a/1/items", "GET")
    assert matched is not None
    assert matched[0]["GET"] == "/a/{id}/items"
