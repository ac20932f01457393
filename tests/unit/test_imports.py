"""What each function imports, by name: nothing that it does not use, and what is used late, late.

One interpreter a function: it imports the handler, then answers its first event from clients that know
nothing, and tells after each step what has been loaded. The SDKs themselves are left out of it, since each
is imported by one module of ours and by no other.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from local.packaging import ROOT

PROBE = """
import importlib.machinery, json, os, sys, types
from types import SimpleNamespace

steps = {}
def told(step):
    steps[step] = sorted(sys.modules)

# In place of the SDKs: whoever imports one is seen by its name, and pays nothing here.
class Anything(type):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything(name, (Exception,), {"__init__": lambda self, *given, **named: None})

class Absent(types.ModuleType):
    __getattr__ = Anything.__getattr__

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("oss2", "tablestore", "requests", "urllib3"):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
    def create_module(self, spec):
        return Absent(spec.name)
    def exec_module(self, module):
        pass

sys.meta_path.insert(0, Finder())
os.environ.update(OTS_ENDPOINT="https://o", OTS_INSTANCE="i", OSS_ENDPOINT="https://oss", OSS_BUCKET="b",
    DASHSCOPE_API_KEY="sk", DASHSCOPE_BASE_URL="https://d", STATUS_TOKEN="t" * 20,
    ALIBABA_CLOUD_ACCESS_KEY_ID="k", ALIBABA_CLOUD_ACCESS_KEY_SECRET="s")
"""
STATUS = """
from functions import status
told("imported")
event = {"version": "v1", "rawPath": "/people/anna", "headers": {"Authorization": "Bearer " + "t" * 20},
    "requestContext": {"http": {"method": "GET", "path": "/people/anna"}}, "queryParameters": {}}
from shared.clients import rows
rows.connect = lambda *given: None
rows.Rows.range = lambda *given, **named: []
answer = status.handler(json.dumps(event).encode(), SimpleNamespace())
assert answer["statusCode"] == 404, answer
told("answered")
"""
COLLECT = """
from functions import collect
told("imported")
from shared.clients import photo_bucket, rows
rows.connect = lambda *given: None
rows.Rows.range = lambda *given, **named: []
photo_bucket.PhotoBucket.stored = lambda *given: None
def upload(name):
    entry = {"eventName": "ObjectCreated:PutObject",
        "oss": {"bucket": {"name": "b"}, "object": {"key": "people/anna/" + name}}}
    answer = collect.handler(json.dumps({"events": [entry]}).encode(), SimpleNamespace())
    assert answer == {"outcomes": {"people/anna/" + name: "gone"}}, answer
upload("1.jpg")
told("answered")
upload("all.zip")
told("unpacked")
"""
RECONCILE = """
from functions import reconcile
told("imported")
from shared.clients import photo_bucket, rows
rows.connect = lambda *given: None
rows.Rows.range = lambda *given, **named: []
rows.Rows.put = lambda *given, **named: 1
photo_bucket.PhotoBucket.list_page = lambda *given: ([], "")
answer = reconcile.handler(b"{}", SimpleNamespace())
assert answer["troubles"] == {}, answer
told("answered")
"""
SCRIPTS = {"status": STATUS, "collect": COLLECT, "reconcile": RECONCILE}
PICTURES_AND_ZIPS = {"PIL", "zipfile", "numpy"}
SDKS = {"oss2", "tablestore", "requests", "dashscope"}
CLIENTS = {"shared.clients.photo_bucket", "shared.clients.dashscope", "shared.clients.rows"}
WHAT_A_JOB_IS = {"dashscope_errors", "job", "object_keys", "photos", "reasons", "rules", "slot", "states"}
UNPACKING = {"shared.workflow.unpacking", "shared.workflow.archive_reading"}


@cache
def loaded(function: str) -> dict[str, set[str]]:
    """What ``function`` has loaded after each step."""
    script = f"{PROBE}{SCRIPTS[function]}print(json.dumps(steps))"
    done = subprocess.run(
        [sys.executable, "-S", "-W", "error", "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    return {step: set(names) for step, names in json.loads(done.stdout.splitlines()[-1]).items()}


@pytest.mark.parametrize("function", SCRIPTS)
def test_importing_a_handler_loads_no_client(function: str) -> None:
    assert not loaded(function)["imported"] & (SDKS | CLIENTS | UNPACKING | PICTURES_AND_ZIPS)


def test_showing_a_person_loads_tablestore_and_neither_oss_nor_dashscope() -> None:
    answered = loaded("status")["answered"]
    assert "tablestore" in answered
    assert not answered & ({"oss2", "requests"} | CLIENTS - {"shared.clients.rows"})
    assert not {name for name in answered if name.startswith("shared.workflow.")} - {"shared.workflow.ports"}


def test_showing_a_person_loads_what_a_job_is_and_none_of_what_is_decided_about_it() -> None:
    domain = {name for name in loaded("status")["answered"] if name.startswith("shared.domain.")}
    assert domain == {f"shared.domain.{name}" for name in WHAT_A_JOB_IS}


@pytest.mark.parametrize("function", ["status", "collect", "reconcile"])
def test_the_first_event_loads_nothing_for_pictures_and_zips(function: str) -> None:
    assert not loaded(function)["answered"] & (PICTURES_AND_ZIPS | UNPACKING | {"dashscope"})


def test_what_reads_zips_comes_with_the_first_zip() -> None:
    assert loaded("collect")["unpacked"] >= UNPACKING | {"zipfile"}


@pytest.mark.parametrize("function", ["collect", "reconcile"])
def test_who_needs_all_three_services_loads_their_clients(function: str) -> None:
    assert loaded(function)["answered"] >= {"oss2", "tablestore", "requests", *CLIENTS}


def test_each_sdk_is_imported_by_the_one_module_that_speaks_to_its_service() -> None:
    importers: dict[str, set[str]] = {}
    for folder in ("functions", "shared"):
        for path in (ROOT / folder).rglob("*.py"):
            for name in _imported(path):
                importers.setdefault(name, set()).add(path.relative_to(ROOT).as_posix())
    assert importers["oss2"] == {"shared/clients/photo_bucket.py"}
    assert importers["tablestore"] == {"shared/clients/rows.py"}
    assert importers["requests"] == {"shared/clients/dashscope.py"}
    assert "dashscope" not in importers


def _imported(path: Path) -> set[str]:
    """The top-level packages that a module names in its import statements, wherever they stand."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found
