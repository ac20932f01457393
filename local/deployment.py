"""This product on the local cloud: its template, and its code as the zip of a deployment has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aliyun_local.deployment import resolve as resolve_template
from aliyun_local.emulators import ACCOUNT_ID, REGION
from aliyun_local.template import Resources
from local.packaging import ROOT, build_package, unpack_package
from local.runtimes import RUNTIME_LIBRARIES
from shared.settings import read_settings

TEMPLATE = ROOT / "template.yml"
CODE_FOLDER = ROOT / ".local" / "code"
PRELOADED = ("requests", "oss2", "tablestore")
"""The functions' clients: loaded once for all instances, which are many."""
BUCKET_NAME = "facechain-photos"
INSTANCE_NAME = "facechain"
STATUS_TOKEN_PURPOSE = "status"  # noqa: S105 (the name of a purpose)
ADMIN_TOKEN_PURPOSE = "administration"  # noqa: S105 (likewise)
REQUIRED_PARAMETERS: Mapping[str, object] = {
    "BucketName": BUCKET_NAME,
    "InstanceName": INSTANCE_NAME,
    "CodeLayer": f"acs:fc:{REGION}:{ACCOUNT_ID}:layers/facechain-autotrain/versions/1",
    "DashScopeApiKey": "{dashscope_api_key}",
    "StatusToken": f"{{token:{STATUS_TOKEN_PURPOSE}}}",
    "AdminToken": f"{{token:{ADMIN_TOKEN_PURPOSE}}}",
    "EraseKey": "{token:erasures}",
}
"""Values of the template's parameters without a default; a local cloud fills in the names in braces."""
ENDPOINT_PARAMETERS: Mapping[str, object] = {
    "DashScopeBaseUrl": "{dashscope}/api/v1",
    "OssEndpoint": "{oss}",
    "OssPublicEndpoint": "{oss_public}",
    "OtsEndpoint": "{ots}",
    "LogEndpoint": "{sls}",
}
"""The template's parameters that lead deployed functions to a local cloud."""


@dataclass(frozen=True, kw_only=True)
class FunctionCode:
    """What the functions run from.

    Attributes:
        folder: an unpacked zip's ``python``.
        libraries: the runtime's own libraries; None: those of this environment.
        preloaded: the libraries that are loaded once for all instances.
        runtime: the id of the runtime; None: the template's default.
        interpreter: the Python that runs them; None: this one.
    """

    folder: Path
    libraries: Path | None
    preloaded: tuple[str, ...] = ()
    runtime: str | None = None
    interpreter: Path | None = None


def resolve(parameters: Mapping[str, object]) -> Resources:
    """Resolve this product's template for the local account.

    Raises:
        TemplateError: it cannot be resolved with these parameters.
        SettingsError: a function would refuse the environment that comes out of it.
    """
    resources = resolve_template(TEMPLATE, parameters)
    for function in resources.functions.values():
        read_settings(function.environment)
    return resources


def function_code() -> FunctionCode:
    """Build the zip of a deployment, unpack it, and return it with the library versions of its runtime."""
    return FunctionCode(
        folder=unpack_package(build_package(), CODE_FOLDER),
        libraries=RUNTIME_LIBRARIES if RUNTIME_LIBRARIES.is_dir() else None,
        preloaded=PRELOADED,
    )
