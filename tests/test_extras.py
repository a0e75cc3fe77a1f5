"""The door to optional packages."""

from __future__ import annotations

import importlib
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from likewise.errors import MissingExtraError
from likewise.extras import defer, require


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


def test_a_deferred_package_runs_when_something_in_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "large_package"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "import time\nprint('run')\nfrom large_package.part import NAME\n"
        "time.sleep(0.1)\nLAST = 1\n"
    )
    (folder / "part.py").write_text("NAME = 'part'\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    defer("large_package")
    part = importlib.import_module("large_package.part")
    assert capsys.readouterr().out == ""
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: sys.modules["large_package"].LAST, range(4)))
    assert found == [1] * 4
    assert capsys.readouterr().out == "run\n"
    module = importlib.import_module("large_package")
    assert (module.NAME, module.part) == ("part", part)
    with pytest.raises(AttributeError, match="'large_package' has no attribute 'nothing'"):
        _ = module.nothing
    defer("large_package")
    assert sys.modules["large_package"] is module
    defer("no_such_package")
    assert "no_such_package" not in sys.modules
    for name in ("large_package", "large_package.part"):
        monkeypatch.delitem(sys.modules, name)
