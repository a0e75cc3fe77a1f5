"""Requests per minute of a key, as a token bucket."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from likewise.server.keys import Key


@dataclass
class _Bucket:
    tokens: float
    filled: float


class RateLimits:
    """One bucket for each key: it holds a minute's requests, and refills continuously.

    Each process counts for itself.
    """

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}

    def retry_after(self, key: Key) -> int:
        """Count a request; the seconds after which the next is allowed, 0 where this one is."""
        limit = key.requests_per_minute
        if limit is None:
            return 0
        now = time.monotonic()
        bucket = self._buckets.setdefault(key.name, _Bucket(limit, now))
        rate = limit / 60
        bucket.tokens = min(limit, bucket.tokens + (now - bucket.filled) * rate)
        bucket.filled = now
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return 0
        return max(1, math.ceil((1 - bucket.tokens) / rate))
