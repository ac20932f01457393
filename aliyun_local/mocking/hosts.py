"""The service, and the door of OSS, that a production host name belongs to. Pure.

Names follow "Regions and endpoints" of each service. Every pattern is for one region; a name of another
region belongs to no service of the mock.
"""

from __future__ import annotations

import re

from aliyun_local.serving.destinations import INTERNAL_OSS, PUBLIC_OSS

TABLESTORE = "ots"
DASHSCOPE = "dashscope"
LOG_SERVICE = "sls"
FUNCTION_COMPUTE = "fc"
HTTP_TRIGGER = "http"
_BUCKET = r"(?:[a-z0-9][a-z0-9-]*\.)?"


class HostNames:
    """The host names of the services in one region."""

    def __init__(self, region: str) -> None:
        """Know the names in ``region``."""
        place = re.escape(region)
        self._patterns: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
            (endpoint, re.compile(pattern, re.ASCII | re.IGNORECASE))
            for endpoint, pattern in (
                (INTERNAL_OSS, rf"{_BUCKET}oss-{place}-internal\.aliyuncs\.com"),
                (INTERNAL_OSS, rf"{_BUCKET}vpc100-{place}\.oss(?:-internal)?\.aliyuncs\.com"),
                (INTERNAL_OSS, rf"{_BUCKET}{place}\.oss-internal\.aliyuncs\.com"),
                (PUBLIC_OSS, rf"{_BUCKET}oss-{place}\.aliyuncs\.com"),
                (PUBLIC_OSS, rf"{_BUCKET}{place}\.oss\.aliyuncs\.com"),
                (PUBLIC_OSS, r"oss\.aliyuncs\.com"),
                (TABLESTORE, rf"[a-z0-9-]+\.{place}\.(?:ots|ots-internal|vpc\.ots)\.aliyuncs\.com"),
                (TABLESTORE, rf"[a-z0-9-]+\.{place}\.(?:vpc\.)?tablestore\.aliyuncs\.com"),
                (DASHSCOPE, r"(?:vpc-[a-z0-9-]+\.)?dashscope(?:-file-mgr)?\.aliyuncs\.com"),
                (DASHSCOPE, rf"[a-z0-9-]+\.{place}\.maas\.aliyuncs\.com"),
                (LOG_SERVICE, rf"[a-z0-9-]+\.{place}(?:-intranet)?\.log\.aliyuncs\.com"),
                (FUNCTION_COMPUTE, rf"[0-9]+\.{place}(?:-internal)?\.fc\.aliyuncs\.com"),
                (FUNCTION_COMPUTE, rf"fcv3(?:-vpc)?\.{place}\.aliyuncs\.com"),
                (HTTP_TRIGGER, rf"[a-z0-9-]+\.{place}(?:-vpc)?\.fcapp\.run"),
            )
        )

    def service_of(self, host: str) -> str | None:
        """Return the service of ``host``, a name without a port; None for a host of no service."""
        endpoint = self.endpoint_of(host)
        return INTERNAL_OSS if endpoint == PUBLIC_OSS else endpoint

    def endpoint_of(self, host: str) -> str | None:
        """Return the same, with the two doors of OSS told apart."""
        name = host.rstrip(".")
        for endpoint, pattern in self._patterns:
            if pattern.fullmatch(name):
                return endpoint
        return None
