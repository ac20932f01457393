"""``make package``: the zip for a runtime, with its bill of materials and its licences beside it."""

from __future__ import annotations

import sys
from pathlib import Path

from local.bill_of_materials import bill_of_materials, licences
from local.bytecode import find_python
from local.packaging import Package, build_package
from local.runtimes import Runtime
from shared.version import VERSION


def release(folder: Path, runtime: Runtime) -> Path:
    """Write the zip for ``runtime`` and its two documents into ``folder``; returns the zip's path.

    What is written, and that bytecode is missing, is told on the terminal.

    Raises:
        FileNotFoundError: a library is not installed here.
        RuntimeError: the runtime's Python cannot compile a module.
    """
    python = find_python(runtime.version)
    package = build_package(runtime=runtime, python=python)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / package.name
    path.write_bytes(package.content)
    documents = {"cdx.json": bill_of_materials(package, VERSION), "licenses.txt": licences(package)}
    for ending, text in documents.items():
        (folder / f"{package.stem}.{ending}").write_text(text, encoding="utf-8", newline="\n")
    print(f"{path}  {len(package.content):,} bytes, of them {_parts(package)}")
    print(f"beside it: {', '.join(f'{package.stem}.{ending}' for ending in documents)}")
    if python is None:
        print(
            f"There is no python{runtime.version} here, so the zip has no bytecode: it works, and each"
            " cold start compiles what it loads. To save this time, install that Python and package again.",
            file=sys.stderr,
        )
    return path


def _parts(package: Package) -> str:
    parts = f"{package.own_bytes:,} our own code"
    if package.bytecode_bytes:
        parts += f", {package.bytecode_bytes:,} bytecode for Python {package.runtime.version}"
    return parts
