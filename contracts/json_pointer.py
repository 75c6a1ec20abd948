"""JSON Pointers (RFC 6901), as references and links of a document use them."""


def names_of(pointer: str) -> list[str]:
    """Return the names in a pointer, outermost first."""
    return [name.replace("~1", "/").replace("~0", "~") for name in pointer.split("/")[1:]]
