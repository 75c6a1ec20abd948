"""The pages of the documentation, which travel with the package, so that `--help` can name one without a network."""

from functools import cache
from pathlib import Path

from mockserver.core.errors import OperatorError, did_you_mean
from mockserver.files import bundled


@cache
def docs_pages() -> dict[str, Path]:
    """Return the file of each page by its name: its path below docs/ without the ending."""
    names = {file.relative_to(bundled.DOCS).with_suffix("").as_posix(): file for file in bundled.DOCS.rglob("*.md")}
    return {name: names[name] for name in sorted(names, key=lambda name: (name.count("/"), name))}


def docs_page(name: str) -> str:
    """Return the Markdown of a page. Raises `OperatorError` with the nearest name."""
    pages = docs_pages()
    wanted = name.removeprefix("docs/").removesuffix(".md")
    if wanted not in pages:
        raise OperatorError(f"no page is called '{name}'; {did_you_mean(wanted, pages)}")
    return pages[wanted].read_text(encoding="utf-8")


def title_of(file: Path) -> str:
    """Return the title of a page: its first heading."""
    with file.open(encoding="utf-8") as lines:
        return next((line.removeprefix("# ").strip() for line in lines if line.startswith("# ")), file.stem)
