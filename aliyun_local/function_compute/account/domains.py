"""Custom domains, as records: nothing answers for their names here.

Rules: Function Compute, "CreateCustomDomain" of 2023-03-30. A private key is kept out of what is stored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aliyun_local.function_compute.account.configs import Configs
from aliyun_local.function_compute.account.fields import Fields
from aliyun_local.function_compute.account.records import DOMAIN, Document
from aliyun_local.function_compute.errors import ResourceRefused, invalid

_NAME = re.compile(r"[A-Za-z0-9*]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+")
_SETTINGS = ("protocol", "routeConfig", "certConfig", "tlsConfig", "wafConfig", "authConfig", "corsConfig")
_PROTOCOLS = ("HTTP", "HTTPS", "HTTP,HTTPS")


class Domains(Configs):
    """The custom domains of the account."""

    def create_domain(self, given: Mapping[str, Any]) -> Document:
        """Record a domain and return its document.

        Raises:
            ResourceRefused: the name is taken or no domain, or a member is wrong.
        """
        name = Fields(given).text("domainName")
        if not _NAME.fullmatch(name):
            raise invalid(f"domainName {name!r} is not a domain")
        with self._changing:
            if self._records.find(DOMAIN, name) is not None:
                raise ResourceRefused(409, "CustomDomainAlreadyExists", f"domain '{name}' already exists")
            document = {
                "domainName": name,
                "accountId": self._owner.account_id,
                "apiVersion": "2023-03-30",
                "protocol": "HTTP",
                "createdTime": self._now(),
            }
            return self._put_domain(document, given)

    def update_domain(self, name: str, given: Mapping[str, Any]) -> Document:
        """Change what ``given`` names, and return the document.

        Raises:
            ResourceRefused: there is no such domain, or a member is wrong.
        """
        with self._changing:
            return self._put_domain(self.domain(name), given)

    def domain(self, name: str) -> Document:
        """Return a domain.

        Raises:
            ResourceRefused: there is none.
        """
        document = self._records.find(DOMAIN, name)
        if document is None:
            raise ResourceRefused(404, "DomainNameNotFound", f"domain '{name}' does not exist")
        return document

    def domains(self) -> list[Document]:
        """Return all domains, by name."""
        return self._records.all(DOMAIN)

    def delete_domain(self, name: str) -> None:
        """Delete a domain.

        Raises:
            ResourceRefused: there is none.
        """
        with self._changing:
            self.domain(name)
            self._records.remove(DOMAIN, name)

    def _put_domain(self, document: Document, given: Mapping[str, Any]) -> Document:
        document |= {name: given[name] for name in _SETTINGS if given.get(name) is not None}
        if document["protocol"] not in _PROTOCOLS:
            raise invalid(f"protocol must be one of {', '.join(_PROTOCOLS)}")
        certificate = dict(document.get("certConfig") or {})
        if "HTTPS" in document["protocol"] and not certificate.get("certificate"):
            raise invalid("certConfig.certificate is required for HTTPS")
        if certificate:
            certificate.pop("privateKey", None)
            document["certConfig"] = certificate
        document["lastModifiedTime"] = self._now()
        self._records.put(DOMAIN, document["domainName"], document)
        return document
