"""The guide's commands from a laptop to three nodes, on a cluster of three nodes on loopback."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.loopback_cluster import LoopbackCluster
from tests.analysis.interrupted import posix, write_lines

pytestmark = [posix, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "cluster.md"
HEAD = "10.0.0.1:6379"


def commands() -> list[list[str]]:
    """The commands of the section, as words."""
    section = GUIDE.read_text("utf-8").partition("## From a laptop to three nodes")[2]
    block = section.split("```")[1].strip()
    return [shlex.split(line, comments=True) for line in block.splitlines()]


def test_five_commands_give_the_file_of_one_process(tmp_path: Path, model_folder: Path) -> None:
    pytest.importorskip("ray")
    install, head, node, encode, stop = commands()
    assert install == ["pip", "install", "likewise[scale]"]
    assert stop == ["ray", "stop"]  # it would end other clusters of this machine
    assert (head[:2], node[:2], encode[0]) == (["ray", "start"], ["ray", "start"], "likewise")
    lines = write_lines(tmp_path / "lines.txt", 3000).read_text().splitlines()
    source = tmp_path / "articles.jsonl"
    source.write_text("".join(json.dumps({"title": n, "body": n}) + "\n" for n in lines))
    cluster = LoopbackCluster(cores=1, head_cores=1)
    port = cluster.address.rpartition(":")[2]
    try:
        cluster.start_head(*(word.replace("6379", port) for word in head[2:]))
        for _ in range(2):
            cluster.add_node(*(word.replace(HEAD, cluster.address) for word in node[2:]))
        until = time.monotonic() + 60
        while nodes(cluster) < 3 and time.monotonic() < until:
            time.sleep(1)
        assert nodes(cluster) == 3
        run([word.replace(HEAD, cluster.address) for word in encode], tmp_path, model_folder)
        found = (tmp_path / "vectors.npy").read_bytes()
    finally:
        cluster.stop()
    alone = encode[: encode.index("--cluster")]
    run(alone, tmp_path, model_folder)
    assert (tmp_path / "vectors.npy").read_bytes() == found


def nodes(cluster: LoopbackCluster) -> int:
    """Number of the nodes that Ray counts."""
    ray = str(Path(sys.executable).with_name("ray"))
    environment = os.environ | {"RAY_AUTH_MODE": "disabled"}
    done = subprocess.run(
        [ray, "status", "--address", cluster.address],
        check=True, capture_output=True, encoding="utf-8", env=environment,
    )  # fmt: skip
    active = done.stdout.partition("Active:")[2].partition("Pending:")[0]
    return len(re.findall(r"^ 1 node_", active, re.MULTILINE))


def run(words: list[str], folder: Path, model: Path) -> None:
    """Run a command of the guide in a folder."""
    subprocess.run(
        [sys.executable, "-m", *words, "--model", str(model), "--quiet"], cwd=folder, check=True
    )
