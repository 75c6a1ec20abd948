"""`mockserver docs`: the pages travel with the package."""

from click.testing import CliRunner, Result

from mockserver.cli.main import main
from mockserver.files import bundled


def docs(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["docs", *arguments])


def test_the_pages_are_listed_with_their_titles() -> None:
    lines = docs().stdout.splitlines()
    assert [line.split(maxsplit=1) for line in lines if line.startswith("faults ")] == [["faults", "Faults"]]


def test_a_page_is_printed_as_it_stands() -> None:
    text = (bundled.DOCS / "faults.md").read_text(encoding="utf-8")
    assert docs("faults").stdout == docs("docs/faults.md").stdout == text


def test_an_unknown_page_is_one_line_with_the_nearest_name() -> None:
    result = docs("fault")
    assert (result.exit_code, result.stderr) == (
        2,
        "mockserver: no page is called 'fault'; did you mean 'faults'?\n",
    )
