"""The deployed functions as their processes need them: template, code and credentials together.

A deployment makes one for ``FunctionCompute``; the runner and the fork server start processes from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from aliyun_local.credentials import TemporaryCredentials
from aliyun_local.function_compute.errors import FunctionNotFound
from aliyun_local.function_compute.running.own_code import OwnCode
from aliyun_local.template import Function, Resources, TemplateError


@dataclass(frozen=True, kw_only=True)
class Code:
    """The code of a deployment and the libraries that it finds.

    ``folder`` holds the contents of a deployment's zip. To functions with a source of their own it is the
    folder of their layer, ``/opt/python``. ``libraries`` is a folder of packages that stands for the
    runtime's own; without it, functions find this interpreter's. ``preloaded`` names modules that all
    functions use: they are loaded once, and instances are forked
    (:mod:`aliyun_local.function_compute.running.fork_server`).
    ``interpreter`` is the Python that runs them, this one if not said otherwise.
    """

    folder: Path
    libraries: Path | None = None
    preloaded: tuple[str, ...] = ()
    interpreter: Path | None = None

    def __post_init__(self) -> None:
        """Make the folders absolute: instances start in ``folder``, where a relative path leads elsewhere."""
        object.__setattr__(self, "folder", self.folder.resolve())
        object.__setattr__(self, "libraries", self.libraries and self.libraries.resolve())


@dataclass(frozen=True, kw_only=True)
class DeployedFunctions:
    """The functions of ``resources``, the code of all of them, and the maker of their role's credentials.

    Every invocation gets credentials of its own. ``own_code`` keeps the code of functions with a source.

    Raises:
        TemplateError: a runtime cannot run here.
    """

    resources: Resources
    code: Code
    credentials: Callable[[], TemporaryCredentials]
    own_code: OwnCode = field(default_factory=OwnCode)

    def __post_init__(self) -> None:
        """Refuse the runtimes of other languages."""
        for function in self.resources.functions.values():
            if not function.runtime.startswith("python3"):
                raise TemplateError(
                    f"function {function.name!r}: runtime {function.runtime!r} cannot run here, only python3*"
                )

    def folder(self, function: Function) -> Path:
        """Return the folder that is ``/code`` to ``function``.

        Raises:
            OSError: its own code cannot be written.
        """
        if function.source_code is None:
            return self.code.folder
        return self.own_code.folder(function.source_code)

    def function(self, name: str) -> Function:
        """Return the function ``name``.

        Raises:
            FunctionNotFound: there is none.
        """
        try:
            return self.resources.functions[name]
        except KeyError:
            raise FunctionNotFound(name) from None
