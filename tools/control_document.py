"""Print the document that `/_mock/openapi.json` serves: `python -m tools.control_document`."""

import json

from mockserver.control.application import application


def main() -> None:
    """Print the document."""
    print(json.dumps(application().openapi()))


if __name__ == "__main__":
    main()
