"""Each zip alone, on its runtime's Python and libraries, trains a person; nothing of this checkout helps."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from local.packaging import LAYER_FOLDER, ROOT
from local.runtime_libraries import FOLDER
from tests.end_to_end.support import COLLECT, RECONCILE, STATUS, LocalStudio
from tests.packages.conftest import Unpacked

OWN_VERSIONS = {
    "python3.10": {"requests": "2.28.1", "tablestore": "5.4.1"},
    "python3.12": {"requests": "2.32.3"},
}
"""What Function Compute, "Python", lists as built in, of what our code imports and the zip does not bring."""
PLACES = """
import functions.collect, shared.clients.rows, shared.clients.photo_bucket, shared.pages.rendering
import json, sys
files = {name: getattr(module, "__file__", None) or "" for name, module in list(sys.modules.items())}
print(json.dumps({name: file for name, file in files.items() if file}))
"""


def run(unpacked: Unpacked, script: str) -> str:
    path = os.pathsep.join(map(str, (unpacked.layer, unpacked.libraries)))
    done = subprocess.run(
        [str(unpacked.python), "-S", "-W", "ignore", "-c", script],
        cwd=unpacked.layer.parent,
        env={"PATH": os.defpath, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_person_is_trained_by_the_zip_alone(studio: LocalStudio, unpacked: Unpacked) -> None:
    studio.upload_portraits("somebody", 1, 2)
    studio.mark_ready("somebody")
    document = studio.wait_until_trained("somebody", seconds=50)
    assert studio.result("somebody")["finetuned_output"] == document["current"]["finetuned_output"]
    assert len(studio.fine_tunes_of(document["current"]["job_id"])) == 1
    page = studio.get("/people/somebody", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "somebody" in page.text


@pytest.mark.skipif(not Path("/proc/self/exe").exists(), reason="needs /proc")
def test_the_functions_ran_on_the_python_of_their_runtime(studio: LocalStudio, unpacked: Unpacked) -> None:
    assert studio.get("/readyz").status_code in (200, 503)
    for function in (COLLECT, RECONCILE, STATUS):
        deployed = studio.cloud.resources.functions[function]
        assert deployed.runtime == unpacked.runtime.name
        for instance in studio.cloud.compute.instances(function):
            assert Path(f"/proc/{instance.process_id}/exe").resolve() == unpacked.python.resolve()


def test_the_libraries_are_the_zips_and_the_runtimes_and_no_others(unpacked: Unpacked) -> None:
    places = json.loads(run(unpacked, PLACES))
    for library in unpacked.runtime.libraries:
        module = library.folder.replace("/", ".")
        assert places[module].startswith(str(unpacked.layer)), module
    standard = Path(unpacked.python).resolve().parents[1]
    own = (str(unpacked.layer), str(unpacked.libraries), str(standard))
    assert {name for name, file in places.items() if not file.startswith(own)} == set()
    assert not any("site-packages" in file for file in places.values())


def test_the_libraries_that_the_zip_leaves_out_have_the_runtimes_versions(unpacked: Unpacked) -> None:
    names = list(OWN_VERSIONS[unpacked.runtime.name])
    script = f"import importlib.metadata as it; print(*map(it.version, {names}))"
    assert run(unpacked, script).split() == list(OWN_VERSIONS[unpacked.runtime.name].values())


def test_nothing_is_compiled_at_a_start_since_all_that_is_imported_has_bytecode(unpacked: Unpacked) -> None:
    places = json.loads(run(unpacked, PLACES)).values()
    ours = [Path(file).relative_to(unpacked.layer) for file in places if file.startswith(str(unpacked.layer))]
    tag = f"cpython-{unpacked.runtime.version.replace('.', '')}"
    needed = {
        (LAYER_FOLDER / file.parent / "__pycache__" / f"{file.stem}.{tag}.pyc").as_posix() for file in ours
    }
    assert len(needed) > 50
    with zipfile.ZipFile(unpacked.zipped) as archive:
        assert needed <= set(archive.namelist())


@pytest.mark.parametrize("version", ["3.10", "3.11", "3.12", "3.13"])
def test_every_python_that_packs_makes_the_same_bytes(
    unpacked: Unpacked, version: str, tmp_path: Path
) -> None:
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    python = Path(sys.executable) if version == own else FOLDER / version / "bin" / "python"
    if not python.exists():
        reason = f"needs Python {version} and 'make pythons'"
        if os.environ.get("RUNTIMES_NEEDED"):
            pytest.fail(reason)
        pytest.skip(reason)
    command = [str(python), "-W", "ignore", "-m", "local", "package", "--folder", str(tmp_path)]
    done = subprocess.run(
        [*command, "--runtime", unpacked.runtime.name],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    ours = {path.name: path.read_bytes() for path in unpacked.zipped.parent.iterdir()}
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == ours
    assert len(ours) == 3
