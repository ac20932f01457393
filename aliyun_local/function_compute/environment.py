"""What an instance is told about itself: its environment variables and what its context is made of.

Names follow Function Compute, "Environment variables" (the reserved ``FC_*`` names) and Python, "context".
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aliyun_local.function_compute.processes import LANGUAGE

if TYPE_CHECKING:
    from aliyun_local.credentials import TemporaryCredentials
    from aliyun_local.template import Function

# python3.12 dropped the credentials from the context (Function Compute, Python, "context").
RUNTIMES_WITHOUT_CONTEXT_CREDENTIALS = frozenset({"python3.12"})


def instance_environment(
    function: Function,
    code: Path,
    *,
    region: str,
    account_id: str,
    credentials: TemporaryCredentials,
    extra: Mapping[str, str],
) -> dict[str, str]:
    """Return the whole environment of an instance of ``function``; ``extra`` overrides the function's own."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": LANGUAGE,
        "TZ": "UTC",
        # The emulators are on loopback; a proxy of the machine has no business between.
        "NO_PROXY": "127.0.0.1,localhost",
        **function.environment,
        **extra,
        "FC_ACCOUNT_ID": account_id,
        "FC_FUNCTION_NAME": function.name,
        "FC_FUNCTION_HANDLER": function.handler,
        "FC_FUNCTION_MEMORY_SIZE": str(function.memory),
        "FC_FUNC_CODE_PATH": str(code),
        "FC_QUALIFIER": "LATEST",
        "FC_REGION": region,
        "FC_RUNTIME_VERSION": function.runtime,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": credentials.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": credentials.access_key_secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": credentials.security_token,
    }


def request_head(
    function: Function,
    request_id: str,
    *,
    region: str,
    account_id: str,
    credentials: TemporaryCredentials,
    retry_count: int,
) -> dict[str, Any]:
    """Return what goes to the instance beside the event of one request."""
    return {
        "request_id": request_id,
        "credentials": {
            "access_key_id": credentials.access_key_id,
            "access_key_secret": credentials.access_key_secret,
            "security_token": credentials.security_token,
        },
        "credentials_in_context": function.runtime not in RUNTIMES_WITHOUT_CONTEXT_CREDENTIALS,
        "function": {
            "name": function.name,
            "handler": function.handler,
            "memory": function.memory,
            "timeout": function.timeout,
        },
        "service": {"name": "", "log_project": "", "log_store": "", "qualifier": "LATEST", "version_id": ""},
        "region": region,
        "account_id": account_id,
        "retry_count": retry_count,
    }
