"""What a zip consists of, for those who have to know: a bill of materials (CycloneDX 1.5), and the licences.

Both are made of what is packed and of nothing else, neither the time nor the machine, so the same zip has the
same ones. The document is put together here: cyclonedx-python-lib would be 7 MB in seven packages for a
handful of components; the tests hold the document against the schemas that it brings.

Used by :mod:`local.releasing`.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

from local.packaging import ROOT, Package
from local.runtimes import Library

PRODUCT = "facechain-autotrain"
LICENCE = "Apache-2.0"
_OWN_LICENCE = ROOT / "LICENSE"
_KEPT = ROOT / "requirements" / "licences"
"""Texts that not every wheel of a library brings: protobuf 3.20.3's compiled ones have none."""
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, f"pkg:generic/{PRODUCT}")
_RULE = "=" * 80


def bill_of_materials(package: Package, version: str) -> str:
    """Return the bill of materials of ``package`` as JSON (CycloneDX 1.5, "Specification overview").

    Args:
        package: the zip.
        version: the product's own version.

    Raises:
        FileNotFoundError: a library is not installed here.
    """
    itself = f"pkg:generic/{PRODUCT}@{version}?release={package.release}"
    libraries = sorted(package.runtime.libraries, key=lambda library: library.name)
    references = {library.name: _reference(library) for library in libraries}
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, package.stem)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": itself,
                "name": PRODUCT,
                "version": version,
                "purl": itself,
                "licenses": [{"license": {"id": LICENCE}}],
                "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(package.content).hexdigest()}],
                "properties": [
                    {"name": f"{PRODUCT}:runtime", "value": package.runtime.name},
                    {"name": f"{PRODUCT}:release", "value": package.release},
                ],
            }
        },
        "components": [_component(library) for library in libraries],
        "dependencies": [
            {"ref": itself, "dependsOn": sorted(references.values())},
            *(
                {"ref": references[library.name], "dependsOn": [references[name] for name in library.needs]}
                for library in libraries
            ),
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def licences(package: Package) -> str:
    """Return the licences of all that is in ``package``, ours first, as text.

    Raises:
        FileNotFoundError: a library is not installed here, or the text of its licence is missing.
    """
    own = _OWN_LICENCE.read_text(encoding="utf-8")
    parts = [f"{PRODUCT} ({LICENCE})\n\n{own}"]
    for library in sorted(package.runtime.libraries, key=lambda library: library.name):
        installed = library.distribution()
        text = _kept_text(library) or _text(installed)
        if not text and library.licence != LICENCE:
            raise FileNotFoundError(f"{library.name} has no text of its licence; add one to {_KEPT}")
        text = text or "It comes without a text of its licence; the text is that at the top.\n"
        parts.append(f"{library.name} {installed.version} ({library.licence})\n\n{text}")
    return f"\n{_RULE}\n".join(part.rstrip() + "\n" for part in parts)


def _component(library: Library) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": _reference(library),
        "name": library.name,
        "version": library.distribution().version,
        "purl": _reference(library),
        "licenses": [{"license": {"id": library.licence}}],
    }


def _reference(library: Library) -> str:
    return f"pkg:pypi/{library.name}@{library.distribution().version}"


def _kept_text(library: Library) -> str:
    kept = _KEPT / f"{library.name}.txt"
    return kept.read_text(encoding="utf-8") if kept.is_file() else ""


def _text(installed: Distribution) -> str:
    """Return the text of the licence that a library brings; empty if it brings none."""
    files = sorted(str(file) for file in installed.files or [] if _is_licence(Path(str(file))))
    return "\n".join(Path(str(installed.locate_file(file))).read_text(encoding="utf-8") for file in files)


def _is_licence(file: Path) -> bool:
    return ".dist-info" in str(file) and file.name.upper().startswith(("LICENSE", "LICENCE", "COPYING"))
