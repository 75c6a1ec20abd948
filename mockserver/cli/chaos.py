"""`mockserver chaos`: the chaos profiles that can be chosen by name, and what each does."""

import click

from mockserver.cli.errors import report_errors


@click.command()
@click.argument("profile", required=False, metavar="[NAME|FILE]")
@report_errors
def chaos(profile: str | None) -> None:
    """List the shipped chaos profiles, or explain the rules of one, or of your own file."""
    from mockserver.files import chaos_pages, loader
    from mockserver.files.chaos_file import file_of, load_profiles, profile_of

    if profile is None:
        click.echo(chaos_pages.listing(load_profiles()[0].values()))
        return
    document = loader.read_document(file_of(profile))
    click.echo(chaos_pages.page(profile_of(document), document, profile))
