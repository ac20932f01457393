"""What lies beside a zip, its bill of materials and licences, tells what is in it and no moment."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local import releasing
from local.bill_of_materials import bill_of_materials, licences
from local.packaging import LAYER_FOLDER, OWN_PACKAGES, Package, build_package
from local.runtimes import DEFAULT_RUNTIME, RUNTIMES


@pytest.fixture(scope="module", params=RUNTIMES)
def package(request: pytest.FixtureRequest) -> Package:
    return build_package(runtime=RUNTIMES[request.param])


@pytest.fixture
def bill(package: Package) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(bill_of_materials(package, "1.0.0"))
    return document


def test_every_library_of_the_zip_is_in_the_bill_with_its_version_and_licence(
    package: Package, bill: dict[str, Any]
) -> None:
    with zipfile.ZipFile(io.BytesIO(package.content)) as archive:
        tops = {name.split("/")[1] for name in archive.namelist()} - set(OWN_PACKAGES)
    assert tops == {library.folder.partition("/")[0] for library in package.runtime.libraries}
    listed = {part["name"]: part for part in bill["components"]}
    assert set(listed) == {library.name for library in package.runtime.libraries}
    for library in package.runtime.libraries:
        part = listed[library.name]
        assert part["purl"] == f"pkg:pypi/{library.name}@{library.distribution().version}"
        assert part["licenses"] == [{"license": {"id": library.licence}}]


def test_the_bill_is_of_this_very_zip(package: Package, bill: dict[str, Any]) -> None:
    (hashed,) = bill["metadata"]["component"]["hashes"]
    assert hashed == {"alg": "SHA-256", "content": hashlib.sha256(package.content).hexdigest()}


def test_what_the_bill_says_depends_on_is_in_the_bill(bill: dict[str, Any]) -> None:
    known = {bill["metadata"]["component"]["bom-ref"], *(part["bom-ref"] for part in bill["components"])}
    assert {one["ref"] for one in bill["dependencies"]} == known
    assert {name for one in bill["dependencies"] for name in one["dependsOn"]} <= known


def test_the_same_zip_has_the_same_documents_and_another_release_another_number(package: Package) -> None:
    assert bill_of_materials(package, "1.0.0") == bill_of_materials(package, "1.0.0")
    assert "timestamp" not in bill_of_materials(package, "1.0.0")
    other = json.loads(bill_of_materials(replace(package, release="0" * 16), "1.0.0"))
    assert other["serialNumber"] != json.loads(bill_of_materials(package, "1.0.0"))["serialNumber"]


def test_every_library_has_its_licence_and_only_what_is_apache_s_may_point_to_ours(package: Package) -> None:
    whole = licences(package)
    for library in package.runtime.libraries:
        title = f"{library.name} {library.distribution().version} ({library.licence})\n"
        _, found, text = whole.partition(title)
        assert found
        points_to_ours = text.lstrip().startswith("It comes without a text")
        assert not points_to_ours or library.licence == "Apache-2.0"
    assert whole.startswith("facechain-autotrain (Apache-2.0)\n\n")
    assert "Apache License" in whole


def test_the_zip_holds_python_alone_whatever_machine_it_was_packed_on(package: Package) -> None:
    with zipfile.ZipFile(io.BytesIO(package.content)) as archive:
        entries = archive.infolist()
    assert {entry.filename.rpartition(".")[2] for entry in entries} == {"py", "css", "js"}
    assert {(entry.compress_type, entry.create_system) for entry in entries} == {(zipfile.ZIP_STORED, 3)}
    assert all(entry.filename.startswith(f"{LAYER_FOLDER}/") for entry in entries)


def test_the_two_runtimes_have_two_releases_and_bytecode_changes_neither_name() -> None:
    names = [build_package(runtime=runtime).release for runtime in RUNTIMES.values()]
    assert len(set(names)) == len(names)
    with_bytecode = build_package(python=Path(sys.executable))
    assert with_bytecode.bytecode_bytes > 0
    assert with_bytecode.release == names[0]


def test_a_release_is_three_files_of_one_name_and_tells_of_missing_bytecode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(releasing, "find_python", lambda _: None)
    path = releasing.release(tmp_path / "dist", DEFAULT_RUNTIME)
    endings = {".zip", ".cdx.json", ".licenses.txt"}
    assert {file.name for file in path.parent.iterdir()} == {f"{path.stem}{ending}" for ending in endings}
    shown = capsys.readouterr()
    assert str(path) in shown.out
    assert f"no python{DEFAULT_RUNTIME.version}" in shown.err
    monkeypatch.setattr(releasing, "find_python", lambda _: Path(sys.executable))
    assert releasing.release(tmp_path / "again", DEFAULT_RUNTIME).name == path.name
    assert capsys.readouterr().err == ""
