"""The runtimes of Function Compute that zips are made for: what each lacks, and where that is taken from.

A runtime has libraries of its own, which Function Compute lists with their versions ("Python": built-in
modules). The zip carries the others, and those that are too old there. All of them are pure Python, so a zip
fits any machine; of markupsafe and protobuf only the parts in Python are taken, without their compiled twins.

- ``python3.10`` has tablestore 5.4.1, requests 2.28.1 and an oss2, 2.16.0, that cannot sign with V4.
- ``python3.12`` has requests 2.32.3 and oss2 2.18.6, which is older than ours, and no tablestore. The zip has
  the same tablestore as the other runtime, so that one version is tested and known. It is the last but one
  without numpy (5.4.3 and later want it: 28 MB), and its messages are of protobuf's old form, which version 3
  alone reads. What these need besides (six, urllib3, certifi, crcmod, pycryptodome, aliyun-python-sdk) is
  there, since the runtime's own oss2 and requests cannot be without it.

Used by :mod:`local.packaging` and :mod:`local.bill_of_materials`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

RUNTIME_LIBRARIES = Path(sys.prefix) / "function-runtime"
"""The library versions of Function Compute's python3.10, which ``make setup`` installs here."""


@dataclass(frozen=True, kw_only=True)
class Library:
    """A library that a zip carries.

    Attributes:
        name: its name on PyPI.
        folder: its package, with slashes.
        licence: what it may be used under, as SPDX names it.
        needs: the other libraries of the zip that it imports.
        is_of_runtime: taken from :data:`RUNTIME_LIBRARIES`; this environment has a newer version.
    """

    name: str
    folder: str
    licence: str
    needs: tuple[str, ...] = ()
    is_of_runtime: bool = False

    def distribution(self) -> Distribution:
        """Return what is installed of it.

        Raises:
            FileNotFoundError: nothing is.
        """
        places = [str(RUNTIME_LIBRARIES)] if self.is_of_runtime else sys.path
        for found in distributions(name=self.name, path=places):
            return found
        raise FileNotFoundError(f"{self.name} is not installed here; run 'make setup'")

    def package(self) -> Path:
        """Return the folder of its package.

        Raises:
            FileNotFoundError: it is not installed.
        """
        folder = Path(str(self.distribution().locate_file(self.folder)))
        if not folder.is_dir():
            raise FileNotFoundError(f"{folder} is missing; run 'make setup'")
        return folder


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """A runtime.

    Attributes:
        name: its id in Function Compute.
        version: its version of Python.
        own_libraries: the locked list, below requirements/, of what it has of its own.
        libraries: what its zip carries.
    """

    name: str
    version: str
    own_libraries: str
    libraries: tuple[Library, ...]


OSS2 = Library(name="oss2", folder="oss2", licence="MIT")
JINJA2 = Library(name="jinja2", folder="jinja2", licence="BSD-3-Clause", needs=("markupsafe",))
MARKUPSAFE = Library(name="markupsafe", folder="markupsafe", licence="BSD-3-Clause")
TABLESTORE = Library(
    name="tablestore",
    folder="tablestore",
    licence="Apache-2.0",
    needs=("protobuf", "flatbuffers"),
    is_of_runtime=True,
)
PROTOBUF = Library(name="protobuf", folder="google/protobuf", licence="BSD-3-Clause", is_of_runtime=True)
FLATBUFFERS = Library(name="flatbuffers", folder="flatbuffers", licence="Apache-2.0", is_of_runtime=True)

_EVERYWHERE = (OSS2, JINJA2, MARKUPSAFE)
RUNTIMES: Mapping[str, Runtime] = {
    "python3.10": Runtime(
        name="python3.10", version="3.10", own_libraries="function-runtime.txt", libraries=_EVERYWHERE
    ),
    "python3.12": Runtime(
        name="python3.12",
        version="3.12",
        own_libraries="function-runtime-3.12.txt",
        libraries=(*_EVERYWHERE, TABLESTORE, PROTOBUF, FLATBUFFERS),
    ),
}
"""By the id that Function Compute has for it, which is the template's parameter ``Runtime``."""
DEFAULT_RUNTIME = RUNTIMES["python3.10"]
"""The template's default; docs/packages.md has the figures that decided it."""
