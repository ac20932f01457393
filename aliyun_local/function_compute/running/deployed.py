"""The deployed functions as their processes need them: template, code and credentials together.

A deployment makes one for ``FunctionCompute``; the runner and the fork server start processes from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from aliyun_local.credentials import TemporaryCredentials
from aliyun_local.function_compute.errors import FunctionNotFound
from aliyun_local.function_compute.running.own_code import OwnCode
from aliyun_local.template import (
    Function,
    HttpTrigger,
    OssTrigger,
    Resources,
    TemplateError,
    TimerTrigger,
)


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
class Created:
    """The functions that calls have created, with their triggers, folders and code.

    ``folders`` holds each function's own folder, ``codes`` what it finds beside that.
    """

    functions: Mapping[str, Function] = field(default_factory=dict)
    triggers: tuple[OssTrigger | TimerTrigger | HttpTrigger, ...] = ()
    folders: Mapping[str, Path] = field(default_factory=dict)
    codes: Mapping[str, Code] = field(default_factory=dict)


class DeployedFunctions:
    """The functions that there are now, their code, and the maker of their role's credentials.

    Those of a template stay, those that calls create come and go (:meth:`show`). Every invocation gets
    credentials of its own.

    Attributes:
        resources: the template's resources, and the created functions and triggers. Replaced as a whole.
        code: the code of the template's functions.
    """

    def __init__(
        self,
        *,
        resources: Resources,
        code: Code,
        credentials: Callable[[], TemporaryCredentials],
        own_code: OwnCode | None = None,
    ) -> None:
        """Take the template's functions and code.

        Args:
            resources: what the template deploys.
            code: the code of all its functions.
            credentials: makes the credentials of the functions' role.
            own_code: keeps the code of functions whose source stands in the template.

        Raises:
            TemplateError: a runtime cannot run here.
        """
        for function in resources.functions.values():
            if not function.runtime.startswith("python3"):
                raise TemplateError(
                    f"function {function.name!r}: runtime {function.runtime!r} cannot run here, only python3*"
                )
        self.resources = resources
        self.code = code
        self.credentials = credentials
        self._template = resources
        self._own_code = own_code or OwnCode()
        self._created = Created()

    def show(self, created: Created) -> None:
        """Have exactly these functions beside the template's from now on."""
        template, triggers = self._template, created.triggers
        self._created = created
        self.resources = replace(
            template,
            functions={**template.functions, **created.functions},
            oss_triggers=(*template.oss_triggers, *(one for one in triggers if isinstance(one, OssTrigger))),
            timer_triggers=(
                *template.timer_triggers,
                *(one for one in triggers if isinstance(one, TimerTrigger)),
            ),
            http_triggers=(
                *template.http_triggers,
                *(one for one in triggers if isinstance(one, HttpTrigger)),
            ),
        )

    def code_of(self, function: Function) -> Code:
        """Return the code that ``function`` finds beside its own folder."""
        return self._created.codes.get(function.name, self.code)

    def folder(self, function: Function) -> Path:
        """Return the folder that is ``/code`` to ``function``.

        Raises:
            OSError: its own code cannot be written.
        """
        if function.name in self._created.folders:
            return self._created.folders[function.name]
        if function.source_code is None:
            return self.code.folder
        return self._own_code.folder(function.source_code)

    def function(self, name: str) -> Function:
        """Return the function ``name``.

        Raises:
            FunctionNotFound: there is none.
        """
        try:
            return self.resources.functions[name]
        except KeyError:
            raise FunctionNotFound(name) from None
