"""`mockserver docs`: the pages of the documentation, which travel with the package."""

import click

from mockserver.cli.errors import report_errors
from mockserver.cli.manual import manual

EXAMPLES = {
    "mockserver docs": "list the pages",
    "mockserver docs scenarios": "print one",
}


@click.command(epilog=manual(EXAMPLES, "cli"))
@click.argument("page", required=False)
@report_errors
def docs(page: str | None) -> None:
    """Print PAGE of the documentation as Markdown, or list the pages."""
    from mockserver.files.docs_pages import docs_page, docs_pages, title_of

    if page is not None:
        click.echo(docs_page(page), nl=False)
        return
    pages = docs_pages()
    width = max(map(len, pages))
    for name, file in pages.items():
        click.echo(f"{name:<{width}}  {title_of(file)}")
