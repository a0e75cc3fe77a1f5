"""The list of a job's files."""

from pathlib import Path

from likewise.server.operations_api.job_files import listed


def test_what_is_deleted_while_it_is_listed_is_left_out(tmp_path: Path) -> None:
    """A running job replaces folders. A link to nothing looks like a file deleted meanwhile."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    (tmp_path / "deleted").symlink_to(tmp_path / "nothing")
    assert list(listed(tmp_path)) == [{"name": "model/config.json", "size": 2}]
