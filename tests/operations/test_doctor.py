"""What `doctor` finds, and why there are no kernels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from likewise.engine.native import features, library
from likewise.operations.diagnostics.engine import kernels
from likewise.operations.diagnostics.machine import memory_limit
from likewise.operations.doctor import DoctorRequest, doctor


def test_every_check_has_a_name_of_its_own(model_folder: Path, recorded: Any) -> None:
    result = doctor(DoctorRequest(), recorded.session)
    names = [check.name for check in result.checks]
    assert len(set(names)) == len(names)
    as_json = json.loads(json.dumps(result.to_dict()))
    assert [check["name"] for check in as_json["checks"]] == names
    assert as_json["warnings"] == sum(check["status"] == "warn" for check in as_json["checks"])
    (stage,) = recorded.stages
    assert stage.done == stage.total


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("LIBRARY", Path("nowhere") / "kernels.so"), "kernels.so was not built"),
        (("sources_hash", lambda: 5), "was built from different sources"),
    ],
)
def test_the_true_reason_why_there_are_no_kernels(
    change: tuple[str, Any], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if features() is None:
        pytest.skip("no library here")
    monkeypatch.setattr(library, *change)
    monkeypatch.setattr(library, "_opened", library._opened.__wrapped__)
    (check,) = kernels()
    assert reason in check.detail
    assert "/" not in check.detail
    if check.status == "warn":
        assert "reinstall likewise" in check.hint


def test_the_memory_limit_of_a_container(tmp_path: Path) -> None:
    assert memory_limit(tmp_path) is None
    (tmp_path / "memory.max").write_text("max\n")
    assert memory_limit(tmp_path) is None
    (tmp_path / "memory.max").write_text(f"{3 * 2**30}\n")
    assert memory_limit(tmp_path) == 3
