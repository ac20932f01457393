"""Face detection as an operation of the account: its rate limit and its downloads.

Called by ``http/inference_responses``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aliyun_local.clock import Clock
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.dashscope.account.rate_limiter import RateLimiter
from aliyun_local.dashscope.errors import ServiceError, error_of
from aliyun_local.dashscope.pictures.fetching import is_url
from aliyun_local.dashscope.pictures.inspection import Inspection, inspect


class FaceDetection:
    """Detects faces in images at URLs; keeps nothing."""

    def __init__(self, clock: Clock, behaviour: Behaviour, download: Callable[[str], bytes]) -> None:
        """Get images by ``download``, which raises a ServiceError when a download fails."""
        self._behaviour = behaviour
        self._download = download
        self._detections = RateLimiter(clock)

    def detect(self, urls: Sequence[str]) -> list[Inspection]:
        """Detect faces in the images at ``urls``; the results are in their order.

        Raises:
            ServiceError: too many calls, or one of the images cannot be downloaded or is no proper image.
        """
        self._detections.take(self._behaviour.detections_per_second)
        inspections = []
        for url in urls:
            if not is_url(url):
                raise error_of("InvalidURL")
            inspection = inspect(self._download(url))
            if inspection.problem is not None:
                raise ServiceError(400, inspection.problem.code, inspection.problem.message)
            inspections.append(inspection)
        return inspections
