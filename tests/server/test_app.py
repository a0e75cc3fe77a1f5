"""The server needs only its own extra."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

OPTIONAL = ("gradio", "lancedb", "mcp", "plotly", "sklearn", "torch")


def test_it_answers_without_the_other_extras(model_folder: Path) -> None:
    program = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({OPTIONAL}))\n"
        "from starlette.testclient import TestClient\n"
        "from likewise.server.app import Server, Settings\n"
        "with TestClient(Server(Settings(ui=False))) as client:\n"
        "    answer = client.post('/v1/embeddings', json={'input': 'one text'})\n"
        "    print(answer.status_code, client.post('/mcp').status_code)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == ["200", "404"]
    assert model_folder.is_dir()
