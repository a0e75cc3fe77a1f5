"""The progress bar."""

from __future__ import annotations

import subprocess
import sys

import pytest

from likewise.progress import bar


def test_hidden_where_there_is_no_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with bar(3, title="encoding") as advance:
        advance(3)
    assert capfd.readouterr() == ("", "")


def test_hidden_costs_no_import() -> None:
    code = (
        "import sys; from likewise.progress import bar\n"
        "with bar(3, title='x', show=False) as advance: advance(1)\n"
        "assert 'rich' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("total", [7, None, 0])
def test_shown_on_standard_error_alone(
    total: int | None, capfd: pytest.CaptureFixture[str]
) -> None:
    with bar(total, title="encoding", unit="texts", show=True) as advance:
        for _ in range(total or 0):
            advance(1)
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "encoding" in shown.err
    if total:
        assert "7/7" in shown.err
        assert "texts/s" in shown.err


def test_what_goes_wrong_inside_comes_out() -> None:
    def work() -> None:
        with bar(2, title="x", show=True) as advance:
            advance(1)
            raise KeyError

    with pytest.raises(KeyError):
        work()
