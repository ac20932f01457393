"""The account as a whole: what is created takes effect in the running Function Compute, at once and later.

A deployment makes one beside its ``FunctionCompute``; ``http`` and the emulator of ROS call it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from aliyun_local.function_compute.account.base import Owner
from aliyun_local.function_compute.account.domains import Domains
from aliyun_local.function_compute.account.packages import FetchObject, Packages
from aliyun_local.function_compute.account.records import (
    ASYNCHRONOUS,
    CONCURRENCY,
    FUNCTION,
    TRIGGER,
    Document,
    Records,
)
from aliyun_local.function_compute.account.views import function_of, trigger_of
from aliyun_local.function_compute.compute import FunctionCompute
from aliyun_local.function_compute.running.deployed import Code, Created
from aliyun_local.private_files import make_private_folder

LAYERS_FOLDER = "python"
"""The folder of a layer that Python functions find on their path, as ``/opt/python``."""


class Account(Domains):
    """Functions, triggers, limits, layers and domains of one account. Thread-safe."""

    def __init__(self, compute: FunctionCompute, data: Path | None, fetch_object: FetchObject) -> None:
        """Open what was created before, and show it to ``compute``.

        Args:
            compute: runs the functions.
            data: the folder for records and code; None keeps both until :meth:`close`.
            fetch_object: reads code from OSS.
        """
        if data is not None:
            make_private_folder(data)
        resources = compute.resources
        super().__init__(
            Records(data and data / "account.sqlite"),
            Packages(data and data / "packages", fetch_object),
            compute.clock,
            Owner(account_id=resources.account_id, region=resources.region),
        )
        self._compute = compute
        self._templates = frozenset(resources.functions)
        self._changed()

    @property
    def templates_functions(self) -> Collection[str]:
        """The names of the functions of the template, which calls do not change."""
        return self._templates

    def close(self) -> None:
        """Close the records."""
        self._records.close()
        self.packages.close()

    def _changed(self) -> None:
        functions = self._records.all(FUNCTION)
        concurrency, asynchronous = (
            {document["functionArn"].rpartition("/")[2]: document for document in self._records.all(kind)}
            for kind in (CONCURRENCY, ASYNCHRONOUS)
        )
        triggers = [trigger_of(document, document["_function"]) for document in self._records.all(TRIGGER)]
        self._compute.show(
            Created(
                functions={
                    name: function_of(document, concurrency.get(name), asynchronous.get(name))
                    for document in functions
                    for name in [document["functionName"]]
                },
                codes={document["functionName"]: self._code_of(document) for document in functions},
                folders={
                    document["functionName"]: self.packages.folder(document["_package"])
                    for document in functions
                },
                triggers=tuple(triggers),
            )
        )

    def _code_of(self, document: Document) -> Code:
        """Return the code that a function finds beside its own folder: its layers, else nothing more."""
        layers = document.get("_layers") or []
        folder = (
            self.packages.merged(layers) / LAYERS_FOLDER
            if layers
            else self.packages.folder(document["_package"])
        )
        return replace(self._compute.deployed.code, folder=folder)
