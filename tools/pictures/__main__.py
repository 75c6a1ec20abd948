"""Make the pictures again: `make pictures`. They need Chromium and the extra `gate`; about half a minute."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.pictures.cast import Scene, drawn
from tools.pictures.page import photograph
from tools.pictures.serve import served

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
LONGEST = 14
"""Lines of one command's output that the picture shows: its last ones."""

ASK = """\
import anthropic

client = anthropic.Anthropic()
answer = client.messages.create(
    model="qwen-coder-32b", max_tokens=64, messages=[{"role": "user", "content": "Hello!"}]
)
print(answer.content[0].text)
"""

SCENARIO = """\
scenario: first-a-429
turns:
  - error: {status: 429, retry_after: 1}
  - reply: Hello from your scenario, after one retry.
"""


def scenes(folder: Path) -> list[Scene]:
    """Run each command in `folder`, against a mock where it needs one, and return what it printed."""
    (folder / "hello.yaml").write_text(SCENARIO, encoding="utf-8")
    (folder / "ask.py").write_text(ASK, encoding="utf-8")
    with served("--scenario", str(folder / "hello.yaml")) as mock:
        client = {"ANTHROPIC_BASE_URL": mock.url, "ANTHROPIC_API_KEY": "sk_test"}
        shown = [
            _ran(folder, client, "cat hello.yaml"),
            Scene("mockserver serve --scenario hello.yaml &", mock.banner.splitlines()[0]),
            _ran(folder, client, "python ask.py"),
        ]
    shown.append(_ran(folder, {}, "mockserver exam --only 'rate limits' --only credits -- python ask.py"))
    with served() as gateway:
        return [*shown, _ran(folder, {}, f"mockserver contract {gateway.url}")]


def _ran(folder: Path, client: dict[str, str], command: str) -> Scene:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **client, "PATH": path, "FORCE_COLOR": "1", "COLUMNS": "100"}
    ran = subprocess.run(
        command, shell=True, env=environment, cwd=folder, text=True, stdout=-1, stderr=-2, timeout=120, check=False
    )
    lines = ran.stdout.splitlines()
    return Scene(command, "\n".join(lines if len(lines) <= LONGEST else ["…", *lines[1 - LONGEST :]]))


def main() -> None:
    """Write all pictures."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        (PICTURES / "terminal.svg").write_text(drawn(scenes(Path(folder))), encoding="utf-8")
    photograph(PICTURES)


if __name__ == "__main__":
    main()
