"""Where the functions' Aliyun credentials come from.

Function Compute, "Handler (Python)": ``context.credentials`` up to python3.10, the environment in python3.12;
both hold temporary credentials of the function's role that live 36 hours. A warm instance may outlive them,
so they are read again for each invocation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.errors import MissingCredentials


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """An access key; with ``security_token`` a temporary one. Does not show its secrets in ``repr``."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str = field(default="", repr=False)


def find_credentials(context: object, environment: Mapping[str, str]) -> Credentials:
    """Return the invocation's credentials: from ``context``, else from ``environment``.

    Raises:
        MissingCredentials: neither has any.
    """
    given = getattr(context, "credentials", None)
    key_id = getattr(given, "access_key_id", None)
    if key_id:
        return Credentials(
            access_key_id=key_id,
            access_key_secret=getattr(given, "access_key_secret", "") or "",
            security_token=getattr(given, "security_token", "") or "",
        )
    if environment.get("ALIBABA_CLOUD_ACCESS_KEY_ID"):
        return Credentials(
            access_key_id=environment["ALIBABA_CLOUD_ACCESS_KEY_ID"],
            access_key_secret=environment.get("ALIBABA_CLOUD_ACCESS_KEY_SECRET", ""),
            security_token=environment.get("ALIBABA_CLOUD_SECURITY_TOKEN", ""),
        )
    raise MissingCredentials(
        "no Aliyun credentials: give the function a role, or set ALIBABA_CLOUD_ACCESS_KEY_ID and "
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET"
    )
