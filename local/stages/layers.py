"""The code of a stage as a layer of Function Compute (API version 2023-03-30).

A layer takes the code because accounts of today refuse uploads to the public addresses of OSS, and a
template has no room for it. A version never changes; its description carries the package's name, whose hash
tells whether code is there already.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from local.stages.calls import Api
from local.stages.errors import ServiceError

VERSION = "2023-03-30"
PAGE = 100
MOST_PAGES = 10
_ARN = re.compile(r"acs:fc:[^:]+:[^:]+:layers/(?P<name>[^/]+)/versions/(?P<version>\d+)")


@dataclass(frozen=True, kw_only=True)
class LayerVersion:
    """A version of a layer; ``package`` is the name of the zip that it was made of."""

    arn: str
    version: int
    package: str
    created_at: str


class Layers:
    """The layer versions of an account in a region."""

    def __init__(self, api: Api) -> None:
        """Take the API of Function Compute."""
        self._api = api

    def versions(self, layer: str) -> list[LayerVersion]:
        """Return the versions of a layer, the newest first; none when there is no such layer."""
        found: list[LayerVersion] = []
        start = ""
        for _ in range(MOST_PAGES):
            query = {"limit": str(PAGE), **({"startVersion": start} if start else {})}
            try:
                answer = self._api.roa(
                    "ListLayerVersions", "GET", f"/{VERSION}/layers/{layer}/versions", query=query
                )
            except ServiceError as problem:
                if problem.http_status == 404:
                    return []
                raise
            found += [_version(one) for one in answer.get("layers") or ()]
            start = str(answer.get("nextVersion") or "")
            if start in ("", "0"):
                break
        return sorted(found, key=lambda one: -one.version)

    def publish(self, layer: str, package: str, content: bytes, runtimes: Sequence[str]) -> LayerVersion:
        """Make a version of ``content``; one that a lost answer has made already stays unused."""
        body = {
            "code": {"zipFile": base64.b64encode(content).decode("ascii")},
            "compatibleRuntime": list(runtimes),
            "description": package,
        }
        answer = self._api.roa("CreateLayerVersion", "POST", f"/{VERSION}/layers/{layer}/versions", body)
        return _version(answer)

    def delete(self, arn: str) -> None:
        """Delete a version; one that is gone is as well."""
        parts = parts_of(arn)
        if parts is None:
            return
        try:
            self._api.roa("DeleteLayerVersion", "DELETE", f"/{VERSION}/layers/{parts[0]}/versions/{parts[1]}")
        except ServiceError as problem:
            if problem.http_status != 404:
                raise

    def function(self, name: str) -> dict[str, Any] | None:
        """Return a function's description; None when there is none."""
        try:
            return self._api.roa("GetFunction", "GET", f"/{VERSION}/functions/{name}")
        except ServiceError as problem:
            if problem.http_status == 404:
                return None
            raise


def parts_of(arn: str) -> tuple[str, int] | None:
    """Return the layer's name and version in ``arn``; None when it is not the ARN of a layer version."""
    match = _ARN.fullmatch(arn)
    return (match["name"], int(match["version"])) if match else None


def _version(one: dict[str, Any]) -> LayerVersion:
    return LayerVersion(
        arn=str(one.get("layerVersionArn", "")),
        version=int(one.get("version") or 0),
        package=str(one.get("description") or ""),
        created_at=str(one.get("createTime") or ""),
    )
