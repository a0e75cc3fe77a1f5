"""The file of API keys, and the keys of a running server."""

from __future__ import annotations

import hmac
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from likewise.errors import InputError
from likewise.server.access import decide_access
from likewise.server.key_file import PREFIX, KeyFile
from likewise.server.keyring import RELOAD_SECONDS, Keyring
from likewise.server.keys import Key, cookie_of
from likewise.server.rate_limit import RateLimits


def test_a_key_is_stored_as_a_hash_that_only_its_owner_reads(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "settings" / "keys.json")
    made = file.create("laptop", ["write"], 600)
    assert made.secret.startswith(PREFIX)
    assert len(made.secret) > 40
    assert made.secret not in file.path.read_text()
    assert cookie_of(made.secret.encode()) not in file.path.read_text()
    assert file.path.stat().st_mode & 0o777 == 0o600
    (stored,) = file.read()
    assert stored == made.key
    assert stored.scopes == {"read", "write"}
    assert stored.requests_per_minute == 600
    assert "hash" not in repr(stored)


def test_names_are_unique_and_readable(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys.json")
    file.create("a", ["read"])
    with pytest.raises(InputError, match="already"):
        file.create("a", ["admin"])
    for name in ("", "a b", "../a", "-a", "ä", "a" * 65, "a\n"):
        with pytest.raises(InputError, match="cannot name a key"):
            file.create(name, ["read"])
    with pytest.raises(InputError, match="no key 'b'") as caught:
        file.revoke("b")
    assert "a" in caught.value.hint
    file.revoke("a")
    assert file.read() == []


def test_keys_made_at_the_same_time_are_all_there(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys.json")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: KeyFile(file.path).create(f"k{number}", ["read"]), range(24)))
    assert {key.name for key in file.read()} == {f"k{number}" for number in range(24)}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["keys.json", "keys.json.lock"]


GOOD: dict[str, Any] = {
    "name": "a", "sha256": "0" * 64, "cookie_sha256": "0" * 64, "scopes": ["read"],
    "requests_per_minute": None, "created": "",
}  # fmt: skip
BAD_CHANGES: tuple[dict[str, Any], ...] = (
    {"name": "a b"}, {"name": 1}, {"sha256": "x"}, {"cookie_sha256": "0" * 63},
    {"scopes": []}, {"scopes": ["root"]}, {"scopes": "read"}, {"scopes": [[]]},
    {"requests_per_minute": 0}, {"requests_per_minute": True}, {"requests_per_minute": "9"},
)  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff\xfe", b"[]", b"{}", b"null", b'{"version": 1}', b'{"version": 2, "keys": []}',
        b'{"version": 1, "keys": 7}', b'{"version": 1, "keys": [7]}', b"[" * 100_000,
        *(
            json.dumps({"version": 1, "keys": [GOOD | change]}).encode()
            for change in BAD_CHANGES
        ),
        json.dumps({"version": 1, "keys": [GOOD, GOOD]}).encode(),
    ],
)  # fmt: skip
def test_a_file_that_is_something_else_is_refused(tmp_path: Path, content: bytes) -> None:
    file = KeyFile(tmp_path / "keys.json")
    file.path.write_bytes(content)
    for use in (file.read, lambda: file.create("b", ["read"]), lambda: Keyring(file=file)):
        with pytest.raises(InputError, match="not a file of API keys"):
            use()
    assert file.path.read_bytes() == content


def _after_reload() -> None:
    time.sleep(RELOAD_SECONDS + 0.1)


def test_a_running_server_follows_the_file(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys.json")
    keys = Keyring(file=file)
    assert not keys.required
    made = file.create("a", ["read"])
    _after_reload()
    assert keys.required
    found = keys.find(made.secret.encode())
    assert found is not None
    assert found.name == "a"
    assert keys.find_cookie(cookie_of(made.secret.encode())) == found
    assert keys.find_cookie(made.key.cookie_hash) is None  # the file is no way in
    assert keys.find(made.key.hash.encode()) is None
    file.revoke("a")
    _after_reload()
    assert keys.find(made.secret.encode()) is None
    assert keys.required  # the last key is gone, and nobody gets in without one


def test_a_file_that_breaks_or_goes_opens_nothing(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys.json")
    secret = file.create("a", ["read"]).secret.encode()
    keys = Keyring(file=file)
    file.path.write_text("rubbish")
    _after_reload()
    assert keys.find(secret)  # what was read last stays valid
    file.path.unlink()
    _after_reload()
    assert keys.find(secret) is None
    assert keys.required


def test_every_key_is_compared_in_constant_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = KeyFile(tmp_path / "keys.json")
    secrets = [file.create(name, ["read"]).secret for name in ("a", "b", "c")]
    compared: list[str] = []
    compare = hmac.compare_digest

    def counted(first: str, second: str) -> bool:
        compared.append(first)
        return compare(first, second)

    monkeypatch.setattr(hmac, "compare_digest", counted)
    keys = Keyring("own", file)
    for secret in (secrets[0], secrets[2], "own", "wrong"):
        compared.clear()
        found = keys.find(secret.encode())
        assert (found is not None) is (secret != "wrong")
        assert len(compared) == 4


def test_the_bucket_of_a_key_refills(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("likewise.server.rate_limit.time.monotonic", lambda: now)
    limits = RateLimits()
    key, other = (Key(name, frozenset({"read"}), 6) for name in ("a", "b"))
    assert [limits.retry_after(key) for _ in range(7)] == [0] * 6 + [10]
    assert limits.retry_after(other) == 0
    now += 4
    assert limits.retry_after(key) == 6
    now += 6
    assert limits.retry_after(key) == 0
    assert limits.retry_after(key) == 10
    now += 3600
    assert [limits.retry_after(key) for _ in range(7)] == [0] * 6 + [10]
    assert limits.retry_after(Key("c", frozenset({"read"}))) == 0


def test_a_key_of_the_file_opens_the_network(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys.json")
    with pytest.raises(InputError, match="without a key was refused"):
        decide_access("0.0.0.0", keys=Keyring(file=file))
    file.create("a", ["read"])
    assert decide_access("0.0.0.0", keys=Keyring(file=file)).keys.required


@pytest.mark.parametrize(
    "origin", ["", "app.example", "https://", "https://a/b", "https://*.example", "http://["]
)
def test_an_origin_is_written_as_browsers_write_it(origin: str) -> None:
    with pytest.raises(InputError, match="not an origin"):
        decide_access("127.0.0.1", cors_origins=[origin])
    origins = decide_access("127.0.0.1", cors_origins=["HTTPS://App.Example:8443/", "*"])
    assert origins.cors_origins == ("https://app.example:8443", "*")


def test_the_commands(tmp_path: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "likewise", "keys", *words, "--keys", tmp_path / "keys.json"],
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    made = run("create", "laptop", "--scope", "write", "--rate", "60")
    assert made.stdout.startswith(PREFIX)
    assert "only time" in made.stderr
    (row,) = json.loads(run("list", "--json").stdout)["keys"]
    assert (row["name"], row["scope"], row["requests_per_minute"]) == ("laptop", "write", 60)
    assert run("revoke", "laptop").stdout == "revoked laptop\n"
    again = run("revoke", "laptop")
    assert again.returncode == 1
    assert again.stderr.startswith("error: no key 'laptop'")
