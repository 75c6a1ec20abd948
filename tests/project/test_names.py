"""One word has one meaning: public class names are unique, and docstrings of functions begin with a verb."""

import ast
import re
from collections import defaultdict
from pathlib import Path

from tests.project.source import files, functions, offenders, tree

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


def test_a_functions_docstring_begins_with_a_verb() -> None:
    assert offenders({module: nouns(path) for module, path in files().items()}) == {}


def nouns(path: Path) -> list[str]:
    """Return the functions of a file whose docstring does not begin with a verb, each with its first line."""
    found = []
    for node in functions(tree(path)):
        words = ast.get_docstring(node, clean=False)
        if words is None or not NOT_A_VERB.match(words.lstrip()):
            continue
        if not any(
            ast.unparse(mark).endswith("property") for mark in node.decorator_list
        ):  # which is called as a value
            found.append(f"{node.name}: {words.lstrip().splitlines()[0]}")
    return found
