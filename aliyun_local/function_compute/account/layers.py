"""Layers and their versions. Rules: Function Compute, "CreateLayerVersion" and "Create a custom layer"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aliyun_local.function_compute.account.base import AccountBase
from aliyun_local.function_compute.account.fields import Fields
from aliyun_local.function_compute.account.records import LAYER, Document
from aliyun_local.function_compute.errors import ResourceRefused, invalid

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")
_ARN = re.compile(r"acs:fc:[^:]*:[^:]*:layers/([^/]+)/versions/(\d+)")
MAX_DESCRIPTION_CHARACTERS = 256
PRIVATE, PUBLIC = "0", "1"


class Layers(AccountBase):
    """The layers of the account; a layer is there as long as it has a version."""

    def create_layer_version(self, name: str, given: Mapping[str, Any]) -> Document:
        """Publish the next version of a layer, and return its document; numbers are never used again.

        Raises:
            ResourceRefused: the name or a member is wrong, or the code cannot be had.
        """
        if not _NAME.fullmatch(name):
            raise invalid("layerName must have 1 to 128 letters, digits, _ and -, first a letter or _")
        fields = Fields(given)
        description = fields.text("description", "")
        if len(description) > MAX_DESCRIPTION_CHARACTERS:
            raise invalid(f"description has more than {MAX_DESCRIPTION_CHARACTERS} characters")
        package = self.packages.store(fields.mapping("code"))
        with self._changing:
            number = self._records.next_number(f"layer/{name}")
            document: Document = {
                "layerName": name,
                "version": number,
                "layerVersionArn": self._arn(f"layers/{name}/versions/{number}"),
                "description": description,
                "compatibleRuntime": [str(runtime) for runtime in fields.list("compatibleRuntime")],
                "license": fields.text("license", ""),
                "acl": PRIVATE,
                "codeSize": package.size,
                "codeChecksum": package.checksum,
                "createTime": self._now(),
                "_package": package.digest,
            }
            self._records.put(LAYER, _key(number), document, name)
        return document

    def layer_version(self, name: str, version: int) -> Document:
        """Return a version of a layer.

        Raises:
            ResourceRefused: there is none.
        """
        document = self._records.find(LAYER, _key(version), name)
        if document is None:
            message = f"version {version} of layer '{name}' does not exist"
            raise ResourceRefused(404, "LayerVersionNotFound", message)
        return document

    def layer_by_arn(self, arn: str) -> Document:
        """Return the version of a layer that ``arn`` names.

        Raises:
            ResourceRefused: there is none.
        """
        found = _ARN.fullmatch(arn)
        if found is None:
            raise invalid(f"{arn!r} is no ARN of a layer version")
        return self.layer_version(found[1], int(found[2]))

    def layer_versions(self, name: str) -> list[Document]:
        """Return the versions of a layer, the newest first.

        Raises:
            ResourceRefused: there is no such layer.
        """
        versions = self._records.all(LAYER, name)
        if not versions:
            raise ResourceRefused(404, "LayerNotFound", f"layer '{name}' does not exist")
        return versions[::-1]

    def layers(self) -> list[Document]:
        """Return the newest version of every layer, by name."""
        newest = {document["layerName"]: document for document in self._records.all(LAYER)}
        return list(newest.values())

    def delete_layer_version(self, name: str, version: int) -> None:
        """Delete a version; functions that have it keep its content, and no other can take it.

        Raises:
            ResourceRefused: there is none.
        """
        with self._changing:
            self.layer_version(name, version)
            self._records.remove(LAYER, _key(version), name)

    def put_layer_acl(self, name: str, acl: str) -> None:
        """Make all versions of a layer public (``1``) or private (``0``).

        Raises:
            ResourceRefused: there is no such layer, or ``acl`` is neither.
        """
        if acl not in (PRIVATE, PUBLIC):
            raise invalid(f"acl must be {PRIVATE} or {PUBLIC}")
        with self._changing:
            for document in self.layer_versions(name):
                self._records.put(LAYER, _key(document["version"]), {**document, "acl": acl}, name)


def _key(version: int) -> str:
    # Documents come in the order of their names.
    return f"{version:010}"
