"""What all parts of the account share: the records, the packages, the time, and the account's name.

``functions``, ``triggers``, ``configs``, ``layers`` and ``domains`` are built on it; ``models`` joins them.
"""

from __future__ import annotations

import threading
import uuid
from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass

from aliyun_local.clock import Clock, utc
from aliyun_local.function_compute.account.packages import Packages
from aliyun_local.function_compute.account.records import FUNCTION, Document, Records
from aliyun_local.function_compute.errors import FunctionNotFound, ResourceRefused


@dataclass(frozen=True, kw_only=True)
class Owner:
    """The account whose resources these are, and their region."""

    account_id: str
    region: str


class AccountBase(ABC):
    """The ground of the account. Its lock orders changes; reads need none."""

    def __init__(self, records: Records, packages: Packages, clock: Clock, owner: Owner) -> None:
        """Take the parts; nothing is read yet."""
        self.packages = packages
        self._records = records
        self._clock = clock
        self._owner = owner
        self._changing = threading.RLock()

    @abstractmethod
    def _changed(self) -> None:
        """Make a change of functions or triggers take effect."""

    @property
    @abstractmethod
    def templates_functions(self) -> Collection[str]:
        """The names of the functions of the template, which calls do not change."""

    def _created(self, name: str) -> Document:
        """Return the document of a function that may be changed.

        Raises:
            FunctionNotFound: there is none.
            ResourceRefused: it is the template's.
        """
        document = self._records.find(FUNCTION, name)
        if document is not None:
            return document
        if name in self.templates_functions:
            message = f"function '{name}' is the template's; change the template with which the cloud starts"
            raise ResourceRefused(403, "AccessDenied", message)
        raise FunctionNotFound(name)

    def _now(self) -> str:
        return utc(self._clock.now()).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _arn(self, rest: str) -> str:
        return f"acs:fc:{self._owner.region}:{self._owner.account_id}:{rest}"

    def _identity(self, *names: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join((self._owner.account_id, *names, self._now()))))
