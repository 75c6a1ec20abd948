"""One word has one meaning: public class names are unique, and docstrings of functions begin with a verb."""

import ast
import re
from collections import defaultdict

import pytest

from tests.project.source import files, functions, tree

NOT_A_VERB = re.compile(
    r"(The|A|An|What|Whether|Who|Whoever|Where|When|How|Every|All|Each|One|Some|Any|No|Nothing|This|That|These|Those|It|Its|"
    r"Something|Somebody|Of|In|On|At|To|From|For|As|If|Such|So|There|Their|Most|Many|Several)\b"
)


def test_no_two_public_classes_share_a_name() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for module, path in files().items():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(module)
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


@pytest.mark.parametrize("module", sorted(files()))
def test_a_functions_docstring_begins_with_a_verb(module: str) -> None:
    wrong = []
    for node in functions(tree(files()[module])):
        words = ast.get_docstring(node)
        if any(ast.unparse(mark).endswith("property") for mark in node.decorator_list):
            continue  # a property is a value, and is described as one
        if words is not None and NOT_A_VERB.match(words):
            wrong.append(f"{node.name}: {words.splitlines()[0]}")
    assert wrong == []
