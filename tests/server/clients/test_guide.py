"""The programs of the guide "Serve models to programs" run as they are written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise
from tests.server.clients.conftest import ROOT
from tests.server.conftest import Served

GUIDE = (ROOT / "docs/guides/server.md").read_text(encoding="utf-8")
PROGRAMS = dict(
    re.findall(r"^### ([^\n]+)\n\n```python\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
)


def test_every_program_has_a_heading() -> None:
    assert len(PROGRAMS) == GUIDE.count("```python\n")
    assert {"OpenAI", "LangChain", "LlamaIndex", "Haystack", "LiteLLM", "Hugging Face"} <= {
        *PROGRAMS
    }


@pytest.mark.parametrize("client", PROGRAMS)
def test_the_program_runs(
    client: str,
    served: Served,
    encoder: likewise.Encoder,
    tiktoken_files: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tiktoken_files))  # which LiteLLM sets, too
    monkeypatch.setenv("HAYSTACK_TELEMETRY_ENABLED", "False")
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    names: dict[str, Any] = {}
    exec(PROGRAMS[client].replace("http://127.0.0.1:7860", served.address), names)
    expected = encoder.encode("A man is eating.")
    np.testing.assert_array_equal(np.array(names["vector"], np.float32), expected)
