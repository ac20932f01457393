"""The addresses of the services: those of the region, unless the environment names others.

The names of the variables are those of ``.local/endpoints.env``, so that ``--endpoints
.local/endpoints.env`` leads every command to the local cloud.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from local.stages.errors import NotStarted

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """Where the services answer.

    Attributes:
        ros, fc, sts, sls: APIs of the account.
        oss: the public door of the bucket, for calls from this machine.
        ots: the Tablestore instance; ``{instance}`` stands for its name.
        dashscope: the base of its HTTP API.
        parameters: of the template, which lead the functions to the same addresses; empty in the cloud.
    """

    ros: str
    fc: str
    sts: str
    sls: str
    oss: str
    ots: str
    dashscope: str
    parameters: Mapping[str, str]

    @property
    def is_local(self) -> bool:
        """Whether this is a local cloud and no account."""
        return urlsplit(self.ros).hostname in LOOPBACK


def endpoints_of(region: str, environment: Mapping[str, str]) -> Endpoints:
    """Return the addresses for ``region``, or for the local cloud that ROS_ENDPOINT names."""
    get = environment.get
    local = urlsplit(get("ROS_ENDPOINT", "")).hostname in LOOPBACK
    dashscope = get("DASHSCOPE_HTTP_BASE_URL", "") if local else ""
    return Endpoints(
        # cn-beijing is served by the central address (alibabacloud-ros20190910 3.7.0, its map of endpoints).
        ros=get("ROS_ENDPOINT") or "https://ros.aliyuncs.com",
        fc=(get("FC_ENDPOINT") if local else "") or f"https://fcv3.{region}.aliyuncs.com",
        # A local ROS answers who the caller is as well.
        sts=get("STS_ENDPOINT")
        or (get("ROS_ENDPOINT", "") if local else f"https://sts.{region}.aliyuncs.com"),
        sls=(get("SLS_ENDPOINT", "") if local else f"https://{region}.log.aliyuncs.com"),
        oss=(get("OSS_ENDPOINT") if local else "") or f"https://oss-{region}.aliyuncs.com",
        ots=(get("OTS_ENDPOINT") if local else "") or f"https://{{instance}}.{region}.ots.aliyuncs.com",
        dashscope=dashscope or "https://dashscope.aliyuncs.com/api/v1",
        parameters=_of_functions(environment) if local else {},
    )


def with_endpoints_file(environment: Mapping[str, str], path: Path | None) -> dict[str, str]:
    """Return ``environment`` with the ``KEY=value`` lines of ``path`` on top.

    Raises:
        NotStarted: the file is not there.
    """
    if path is None:
        return dict(environment)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as problem:
        raise NotStarted(
            f"{path} cannot be read: {problem.strerror}", "It is there while 'make up' runs."
        ) from None
    # STATUS_TOKEN and the like are those of the stack that 'make up' runs, and not of the stage.
    values = dict(line.partition("=")[::2] for line in lines if "=" in line)
    taken = {name: value for name, value in values.items() if name.endswith(_TAKEN)}
    return {**environment, **taken}


_TAKEN = ("_ENDPOINT", "DASHSCOPE_HTTP_BASE_URL", "DASHSCOPE_API_KEY", "_ACCESS_KEY_ID", "_ACCESS_KEY_SECRET")


def _of_functions(environment: Mapping[str, str]) -> dict[str, str]:
    found = {
        "DashScopeBaseUrl": environment.get("DASHSCOPE_HTTP_BASE_URL", ""),
        "OssEndpoint": environment.get("OSS_ENDPOINT", ""),
        "OssPublicEndpoint": environment.get("OSS_PUBLIC_ENDPOINT", ""),
        "OtsEndpoint": environment.get("OTS_ENDPOINT", ""),
        "LogEndpoint": environment.get("SLS_ENDPOINT", ""),
    }
    return {name: value for name, value in found.items() if value}
