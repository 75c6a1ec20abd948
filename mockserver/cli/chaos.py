"""`mockserver chaos`: the chaos profiles that can be chosen by name, and what each does."""

import click

from mockserver.cli.errors import report_errors
from mockserver.cli.json_output import json_option, print_json
from mockserver.cli.manual import manual

EXAMPLES = {
    "mockserver chaos": "list the shipped profiles",
    "mockserver chaos flaky": "say what one does, rule by rule",
    "mockserver chaos mine.yaml": "check and explain your own",
}


@click.command(epilog=manual(EXAMPLES, "chaos"))
@click.argument("profile", required=False, metavar="[NAME|FILE]")
@json_option
@report_errors
def chaos(profile: str | None, as_json: bool) -> None:
    """List the shipped chaos profiles, or explain the rules of one, or of your own file."""
    from mockserver.files import chaos_pages, loader
    from mockserver.files.chaos_file import file_of, load_profiles, profile_of

    if profile is None:
        profiles = load_profiles()[0].values()
        if as_json:
            print_json([{"name": known.name, "about": known.about, "rules": len(known.rules)} for known in profiles])
        else:
            click.echo(chaos_pages.listing(profiles))
        return
    document = loader.read_document(file_of(profile))
    if as_json:
        profile_of(document)
        print_json(document.value)
        return
    click.echo(chaos_pages.page(profile_of(document), document, profile))
