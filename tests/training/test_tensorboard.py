"""Event files, read as TFRecord by hand and by TensorBoard where it is installed."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from likewise.training.tensorboard import EventFile, masked_crc32c


def test_checksum() -> None:
    # RFC 3720, B.4: CRC-32C of 32 zero bytes is 0x8A9136AA
    plain = 0x8A9136AA
    masked = (((plain >> 15) | (plain << 17)) + 0xA282EAD8) & 0xFFFFFFFF
    assert masked_crc32c(bytes(32)) == masked


def test_records(tmp_path: Path) -> None:
    events = EventFile(tmp_path)
    events.scalars(300, {"loss": 0.5})
    events.close()
    (path,) = tmp_path.glob("events.out.tfevents.*")
    content, records = path.read_bytes(), []
    while content:
        (length,) = struct.unpack("<Q", content[:8])
        record = content[12 : 12 + length]
        assert struct.unpack("<I", content[8:12])[0] == masked_crc32c(content[:8])
        assert struct.unpack("<I", content[12 + length : 16 + length])[0] == masked_crc32c(record)
        records.append(record)
        content = content[16 + length :]
    assert b"brain.Event:2" in records[0]
    assert b"\x0a\x04loss\x15" + struct.pack("<f", 0.5) in records[1]
    assert b"\x10\xac\x02" in records[1]  # step 300


def test_tensorboard_reads_it(tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = EventFile(tmp_path)
    for step in range(5):
        events.scalars(step, {"loss": 1 / (step + 1)})
    events.close()
    found = accumulator.EventAccumulator(str(tmp_path)).Reload()
    assert [e.value for e in found.Scalars("loss")] == pytest.approx(
        [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5]
    )
