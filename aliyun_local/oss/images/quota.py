"""How much image processing an account gets in a second.

:mod:`aliyun_local.oss.http.processing_responses` asks before each one. OSS, "Image processing": 50 requests
and 20 MB of sources a second in Beijing; "HTTP status code 503" and EC 0004-00000801 say what comes beyond.
"""

from __future__ import annotations

import threading

from aliyun_local.oss.behaviour import OssBehaviour
from aliyun_local.oss.errors import OssError

_SPAN_SECONDS = 1.0


class ProcessingQuota:
    """What was processed within the last second. Any thread may use it."""

    def __init__(self) -> None:
        """Begin with nothing used."""
        self._lock = threading.Lock()
        self._used: list[tuple[float, int]] = []

    def take(self, now: float, source_bytes: int, behaviour: OssBehaviour) -> None:
        """Count a processing of a source of ``source_bytes`` at ``now``, in seconds since the epoch.

        A refused one does not count.

        Raises:
            OssError: 503 CpuLimitExceeded.
        """
        with self._lock:
            self._used = [entry for entry in self._used if now - _SPAN_SECONDS < entry[0] <= now]
            together = source_bytes + sum(size for _, size in self._used)
            is_one_too_many = len(self._used) >= behaviour.processings_per_second
            if is_one_too_many or together > behaviour.processed_bytes_per_second:
                message = "Please reduce your request rate"
                raise OssError(503, "CpuLimitExceeded", message, "0004-00000801")
            self._used.append((now, source_bytes))
