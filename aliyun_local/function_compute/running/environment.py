"""The facts that an instance is told: its environment variables, and the head of each request.

``runner`` sends both. Names follow Function Compute, "Environment variables" (the reserved ``FC_*`` names)
and Python, "context".
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from aliyun_local.function_compute.running.deployed import DeployedFunctions
from aliyun_local.template import Function

LANGUAGE = "C.UTF-8"
# python3.12 dropped the credentials from the context (Function Compute, Python, "context").
RUNTIMES_WITHOUT_CONTEXT_CREDENTIALS = frozenset({"python3.12"})


def base_environment() -> dict[str, str]:
    """Return the variables that every process has; all others of this machine stay hidden from it."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LANG": LANGUAGE, "TZ": "UTC"}


def instance_environment(deployed: DeployedFunctions, function: Function, folder: Path) -> dict[str, str]:
    """Return the whole environment of an instance of ``function``, whose own code is in ``folder``."""
    credentials = deployed.credentials()
    return {
        **base_environment(),
        # The emulators are on loopback, where a proxy must not stand between.
        "NO_PROXY": "127.0.0.1,localhost",
        **function.environment,
        "FC_ACCOUNT_ID": deployed.resources.account_id,
        "FC_FUNCTION_NAME": function.name,
        "FC_FUNCTION_HANDLER": function.handler,
        "FC_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "FC_FUNC_CODE_PATH": str(folder),
        "FC_QUALIFIER": "LATEST",
        "FC_REGION": deployed.resources.region,
        "FC_RUNTIME_VERSION": function.runtime,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": credentials.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": credentials.access_key_secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": credentials.security_token,
    }


def request_head(
    deployed: DeployedFunctions, function: Function, request_id: str, retry_count: int
) -> dict[str, Any]:
    """Return the head of a request to an instance, from which it makes the handler's context."""
    credentials = deployed.credentials()
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
            "memory": function.memory_mb,
            "timeout": function.timeout_seconds,
        },
        "service": {"name": "", "log_project": "", "log_store": "", "qualifier": "LATEST", "version_id": ""},
        "region": deployed.resources.region,
        "account_id": deployed.resources.account_id,
        "retry_count": retry_count,
    }
