"""The door to optional packages."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from likewise.errors import MissingExtraError
from likewise.extras import require


def test_there() -> None:
    assert require("json.decoder", "web").JSONDecoder


@pytest.mark.parametrize("module", ["no_such_package", "no_such_package.part", "json.no_such_part"])
def test_missing(module: str) -> None:
    with pytest.raises(MissingExtraError, match=module) as caught:
        require(module, "web")
    assert caught.value.hint == 'pip install "likewise[web]"'
    assert isinstance(caught.value, ImportError)


def test_a_package_that_lacks_a_part_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lame_package.py").write_text("import no_such_need\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="no_such_need") as caught:
        require("lame_package", "web")
    assert not isinstance(caught.value, MissingExtraError)
    assert "lame_package" not in sys.modules
