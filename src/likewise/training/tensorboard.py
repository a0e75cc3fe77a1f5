"""Event files that TensorBoard reads: scalars in TFRecord framing, written without TensorFlow."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Mapping
from pathlib import Path

_POLYNOMIAL = 0x82F63B78


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (_POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return tuple(table)


_TABLE = _crc_table()


def masked_crc32c(content: bytes) -> int:
    """The checksum of TFRecord: CRC-32C (RFC 3720), rotated and offset."""
    value = 0xFFFFFFFF
    for byte in content:
        value = _TABLE[(value ^ byte) & 0xFF] ^ (value >> 8)
    value ^= 0xFFFFFFFF
    return (((value >> 15) | (value << 17)) + 0xA282EAD8) & 0xFFFFFFFF


class EventFile:
    """Appends scalars to an event file.

    Args:
        folder: the file is made in it.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.likewise"
        self._file = (folder / name).open("ab")
        if not self._file.tell():
            self._write(_double(1, time.time()) + _bytes(3, b"brain.Event:2"))

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Add the values of a step, by their names."""
        summary = b"".join(
            _bytes(1, _bytes(1, name.encode()) + _key(2, 5) + struct.pack("<f", value))
            for name, value in values.items()
        )
        self._write(_double(1, time.time()) + _key(2, 0) + _varint(step) + _bytes(5, summary))
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, event: bytes) -> None:
        length = struct.pack("<Q", len(event))
        parts = (length, _checksum(length), event, _checksum(event))
        self._file.write(b"".join(parts))


def _checksum(content: bytes) -> bytes:
    return struct.pack("<I", masked_crc32c(content))


# fields of protocol buffers


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


def _key(field: int, wire_type: int) -> bytes:
    return _varint(field << 3 | wire_type)


def _bytes(field: int, content: bytes) -> bytes:
    return _key(field, 2) + _varint(len(content)) + content


def _double(field: int, value: float) -> bytes:
    return _key(field, 1) + struct.pack("<d", value)
