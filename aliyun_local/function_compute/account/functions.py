"""Functions that calls create, change and delete. Rules: Function Compute, "CreateFunction" of 2023-03-30."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aliyun_local.function_compute.account.fields import Fields
from aliyun_local.function_compute.account.layers import Layers
from aliyun_local.function_compute.account.records import (
    ASYNCHRONOUS,
    CONCURRENCY,
    FUNCTION,
    TRIGGER,
    Document,
)
from aliyun_local.function_compute.account.views import function_of
from aliyun_local.function_compute.errors import ResourceRefused, invalid

# Function Compute, "CreateFunction": functionName.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
# Function Compute, "Quotas and limits" (2026).
MAX_LAYERS = 5
_SETTINGS = (
    *("cpu", "description", "diskSize", "environmentVariables", "handler", "instanceConcurrency"),
    *("internetAccess", "logConfig", "memorySize", "role", "runtime", "tags", "timeout", "vpcConfig"),
    *("customDNS", "nasConfig", "ossMountConfig", "tracingConfig", "instanceLifecycleConfig"),
    *("disableOndemand", "resourceGroupId", "sessionAffinity", "idleTimeout"),
)
_DEFAULTS: Document = {
    "description": "",
    "timeout": 3,
    "memorySize": 512,
    "diskSize": 512,
    "cpu": 0.35,
    "environmentVariables": {},
    "instanceConcurrency": 1,
    "internetAccess": True,
    "role": "",
    "logConfig": {},
}


class Functions(Layers):
    """The functions of the account."""

    def create_function(self, given: Mapping[str, Any]) -> Document:
        """Create a function and return its document.

        Raises:
            ResourceRefused: the name is taken, or a member is wrong.
        """
        name = given.get("functionName")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise invalid("functionName must have 1 to 64 letters, digits, _ and -, first a letter or _")
        with self._changing:
            if name in self.templates_functions or self._records.find(FUNCTION, name) is not None:
                raise ResourceRefused(409, "FunctionAlreadyExists", f"function '{name}' already exists")
            document: Document = {
                **_DEFAULTS,
                **_settings(given),
                "functionName": name,
                "functionId": self._identity("function", name),
                "functionArn": self._arn(f"functions/{name}"),
                "createdTime": self._now(),
                "state": "Active",
            }
            return self._store(document, given, Fields(given).mapping("code"))

    def update_function(self, name: str, given: Mapping[str, Any]) -> Document:
        """Change what ``given`` names, its ``code`` too, and return the document.

        Raises:
            FunctionNotFound: there is none.
            ResourceRefused: a member is wrong, or the function is the template's.
        """
        with self._changing:
            document = {**self._created(name), **_settings(given)}
            code = Fields(given).mapping("code") if given.get("code") is not None else None
            return self._store(document, given, code)

    def delete_function(self, name: str) -> None:
        """Delete a function with its limits.

        Raises:
            FunctionNotFound: there is none.
            ResourceRefused: it has triggers, or is the template's.
        """
        with self._changing:
            self._created(name)
            if self._records.all(TRIGGER, name):
                message = f"function '{name}' has triggers; delete them first"
                raise ResourceRefused(409, "FunctionNotEmpty", message)
            for kind in (CONCURRENCY, ASYNCHRONOUS, FUNCTION):
                self._records.remove(kind, name)
            self._changed()

    def find_function(self, name: str) -> Document | None:
        """Return the document of a created function; None for any other name."""
        return self._records.find(FUNCTION, name)

    def _store(
        self, document: Document, given: Mapping[str, Any], code: Mapping[str, Any] | None
    ) -> Document:
        function_of(document)
        if "layers" in given:
            layers = [self.layer_by_arn(str(arn)) for arn in Fields(given).list("layers")]
            if len(layers) > MAX_LAYERS:
                raise invalid(f"a function has at most {MAX_LAYERS} layers")
            document["layers"] = [
                {"arn": layer["layerVersionArn"], "size": layer["codeSize"]} for layer in layers
            ]
            document["_layers"] = [layer["_package"] for layer in layers]
        if code is not None:
            package = self.packages.store(code)
            document |= {
                "codeSize": package.size,
                "codeChecksum": package.checksum,
                "_package": package.digest,
            }
        document |= {"lastModifiedTime": self._now(), "lastUpdateStatus": "Successful"}
        self._records.put(FUNCTION, document["functionName"], document)
        self._changed()
        return document


def _settings(given: Mapping[str, Any]) -> Document:
    return {name: given[name] for name in _SETTINGS if given.get(name) is not None}
