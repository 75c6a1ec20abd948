"""The mistakes of an OpenAPI document, all in one pass, each with its place.

There are four kinds, and only the first kind that occurs is reported, because it would cause the others:

1. The file is not an OpenAPI document of a supported version.
2. OpenAPI's own schema does not allow it (`published`).
3. A reference leads nowhere, or to something that is not fetched (`references`; files: `files.external_document`).
4. Its parts do not fit together: a path parameter that is not declared, a name used twice (`consistency`).
"""

import re
from collections.abc import Mapping

from mockserver.external.consistency import CHECKS
from mockserver.external.document import DocumentFiles
from mockserver.external.mistake import Mistake
from mockserver.external.published import schema_mistakes
from mockserver.external.references import reference_mistakes

VERSION = re.compile(r"3\.[012]\.\d+")


def version_mistake(root: object, file: str) -> Mistake | None:
    """Return why a file is not an OpenAPI document of a supported version, or None."""
    if not isinstance(root, Mapping):
        return Mistake(file, (), "not an OpenAPI document: expected a mapping")
    if "swagger" in root:
        message = "Swagger 2.0 is not supported; convert the document to OpenAPI 3, for example with swagger2openapi"
        return Mistake(file, ("swagger",), message, True)
    if not isinstance(root.get("openapi"), str):
        return Mistake(file, (), "not an OpenAPI document: 'openapi: 3.1.0' is missing")
    if not VERSION.fullmatch(root["openapi"]):
        return Mistake(file, ("openapi",), "unsupported OpenAPI version; use 3.0, 3.1 or 3.2, as in '3.1.0'")
    return None


def mistakes(whole: DocumentFiles) -> list[Mistake]:
    """Return every mistake of a document whose version is supported."""
    return (
        list(schema_mistakes(whole))
        or list(reference_mistakes(whole))
        or [mistake for check in CHECKS for mistake in check(whole)]
    )
