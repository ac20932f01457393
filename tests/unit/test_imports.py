"""The modules that each event loads, by name: none that it does not use.

One interpreter an event: it imports the handler, then answers its first event from clients that know nothing,
and tells after each step which modules have been loaded. The SDKs are replaced by empty modules: each is
imported by one module of ours.
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

# In place of the SDKs: an import of one is seen by its name, and costs nothing here.
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
STATUS_OF_A_PERSON = STATUS.replace(
    "rows.Rows.range = lambda *given, **named: []",
    """rows.Rows.find_in_tables = lambda rows, keys, **named: [None for _ in keys]
anna = {"person_key": "0" * 20, "revision": 1, "person_id": "anna", "state": "COLLECTING", "version": 1,
    "opened_at": 1, "changed_at": 1}
rows.Rows.range = lambda *given, **named: [anna]""",
).replace("404", "200")
COLLECT = """
from functions import collect
told("imported")
from shared.clients import dashscope, photo_bucket, rows
from shared.domain.fine_tunes import FineTune
from shared.domain.photos import Stored
from shared.workflow.ports import Listed
rows.connect = lambda *given: None
rows.Rows.range = lambda *given, **named: []
rows.Rows.get = lambda *given: None
rows.Rows.put = lambda *given, **named: 1
Bucket, DashScope = photo_bucket.PhotoBucket, dashscope.DashScope
Bucket.stored = lambda bucket, key: Stored(etag="E", size=1000, modified_at=1)
Bucket.prepare = lambda bucket, key, snapshot, etag: 1000
Bucket.read_range = lambda bucket, key, start, count, **named: bytes.fromhex("ffd8ffda0002")
Bucket.signed_url = lambda bucket, key: "https://signed"
Bucket.list_page = lambda bucket, prefix, *given: (
    [Listed("people/anna/1.jpg", bucket.stored(""))] if prefix.startswith("people/") else [], "")
DashScope.detect_faces = lambda dashscope, urls: [(True, "")]
DashScope.fine_tunes = lambda dashscope: iter(())
posts = []
def create_fine_tune(dashscope, files):
    posts.append(files)
    return FineTune(fine_tune_id="ft-1", status="PENDING")
DashScope.create_fine_tune = create_fine_tune
def upload(name):
    entry = {"eventName": "ObjectCreated:PutObject",
        "oss": {"bucket": {"name": "b"}, "object": {"key": "people/anna/" + name}}}
    return collect.handler(json.dumps({"events": [entry]}).encode(), SimpleNamespace())
"""
PHOTO = f"""{COLLECT}
assert upload("1.jpg") == {{"outcomes": {{"people/anna/1.jpg": "usable"}}}}
assert posts == []
told("answered")
"""
CLOSING_PHOTO = f"""{COLLECT}
os.environ["CLOSE_AT_PHOTOS"] = "1"
Bucket.stored = lambda bucket, key: Stored(etag="E", size=1000, modified_at=1)
assert upload("1.jpg") == {{"outcomes": {{"people/anna/1.jpg": "usable"}}}}
assert posts == [("https://signed",)]
told("answered")
"""
ZIP = f"""{COLLECT}
Bucket.stored = lambda bucket, key: Stored(etag="E", size=0, modified_at=1)
assert upload("all.zip") == {{"outcomes": {{"people/anna/all.zip": "empty"}}}}
told("answered")
"""
RECONCILE = """
from functions import reconcile
told("imported")
from shared.clients import photo_bucket, rows
rows.connect = lambda *given: None
rows.Rows.range = lambda *given, **named: []
rows.Rows.find_in_tables = lambda rows, keys, **named: [None for _ in keys]
rows.Rows.put = lambda *given, **named: 1
photo_bucket.PhotoBucket.list_page = lambda *given: ([], "")
photo_bucket.PhotoBucket.list_folders = lambda *given: ([], "")
answer = reconcile.handler(b"{}", SimpleNamespace())
assert answer["troubles"] == {}, answer
told("answered")
"""
SCRIPTS = {
    "status": STATUS,
    "a person": STATUS_OF_A_PERSON,
    "a photo": PHOTO,
    "a photo that closes a set": CLOSING_PHOTO,
    "a zip": ZIP,
    "reconcile": RECONCILE,
}
OF_A_FUNCTION_WITH_ALL_SERVICES = [name for name in SCRIPTS if name not in ("status", "a person")]

PICTURES_AND_ZIPS = {"PIL", "zipfile", "numpy"}
SDKS = {"oss2", "tablestore", "requests", "dashscope"}
CLIENTS = {"shared.clients.photo_bucket", "shared.clients.dashscope", "shared.clients.rows"}


def modules(package: str, names: str) -> set[str]:
    return {f"{package}.{name}" for name in names.split()}


WHAT_A_JOB_IS = modules("shared", "assembly errors logs setting_values settings tracing") | modules(
    "shared.domain",
    "clocks completion copies crowding error_kinds failed_trainings formats held_back job job_record "
    "job_summary lanes markers object_keys photo_set photos portrait_slot reason reasons retry_json "
    "retry_state row_size rules money slot spending states timeline trouble_kinds unread words",
)
TABLES = modules(
    "shared.clients",
    "answers control_table credentials job_rows job_table retries row_batches rows stored_values table_calls",
)
# The modules of ``shared`` that each event loads, all by name. A new module belongs in one of the sets, and
# it is paid for at every cold start of the functions that load the set.
STATUS_LOADS = (
    WHAT_A_JOB_IS
    | TABLES
    | modules("shared", "version views")
    | modules("shared.domain", "approval blocks breakers caps health")
    | modules("shared.http_api", "authentication blocked callers conditional deployment documents forecast")
    | modules("shared.http_api", "languages limits messages negotiation problems reader resources routes")
    | modules("shared.http_api", "waiting waiting_words")
)
NOBODY_LOADS = (
    STATUS_LOADS
    | modules("shared.http_api", "problem_catalogue problem_kinds problems_of_audits problems_of_browsers")
    | modules("shared.http_api", "problems_of_consent problems_of_erasures problems_of_exports")
    | modules("shared.http_api", "problems_of_messages problems_of_portraits")
)
PERSON_LOADS = STATUS_LOADS | modules("shared.clients", "health_row")
PHOTO_LOADS = (
    WHAT_A_JOB_IS
    | TABLES
    | modules("shared", "events")
    | modules("shared.clients", "work_in_hand")
    | modules("shared.domain", "fine_tunes met_folders result_keys")
    | modules(
        "shared.clients",
        "bounded_answers bucket_answers dashscope dashscope_answers dashscope_http dashscope_list",
    )
    | modules("shared.clients", "ignored_list")
    | modules("shared.clients", "multipart_uploads object_versions oss_errors photo_bucket preparing")
    | modules("shared.clients", "request_rows request_table seen_table")
    | modules("shared.domain", "control_rows dashscope_codes jpeg photo_access requests stored_files")
    | modules("shared.domain", "upload_memory")
    | modules("shared.workflow", "access_record checking collecting health_record pacing photo_access ports")
    | modules("shared.workflow", "bucket_port dashscope_port describing forgotten opening recognizing")
    | modules("shared.workflow", "recording saving")
    # The person is new here: earlier results are looked for, once.
    | modules("shared.workflow", "restoring")
)
CLOSING_LOADS = (
    PHOTO_LOADS
    | modules("shared.domain", "approval caps queue")
    | modules(
        "shared.workflow",
        "account closing folders marking owning recording_found refusing resolving snapshots submit_next",
    )
    | modules("shared.workflow", "submitting training_files")
)
ZIP_LOADS = (
    PHOTO_LOADS
    | modules("shared.domain", "archive_formats archives taken_out zip_folders zip_format zip_names")
    | modules("shared.workflow", "archive_reading taking_out unpacking")
)
RECONCILE_LOADS = (
    CLOSING_LOADS - modules("shared.workflow", "collecting restoring submit_next")
    | modules("shared", "views")
    | modules("shared.clients", "health_row")
    | modules("shared.workflow", "own_picture")
    | modules("shared.domain", "blocks breakers decide function_time health lingering rebasing retention")
    | modules("shared.domain", "sweeping")
    | modules(
        "shared.workflow",
        "actions linger looks observing probing reconciling requests retiming sweep training",
    )
)


@cache
def loaded(event: str) -> dict[str, set[str]]:
    """The modules that a function has loaded after each step of an event."""
    script = f"{PROBE}{SCRIPTS[event]}print(json.dumps(steps))"
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


@pytest.mark.parametrize("event", SCRIPTS)
def test_importing_a_handler_loads_no_client(event: str) -> None:
    unpacking = ZIP_LOADS - PHOTO_LOADS
    assert not loaded(event)["imported"] & (SDKS | CLIENTS | unpacking | PICTURES_AND_ZIPS)


@pytest.mark.parametrize("event", ["status", "a person"])
def test_showing_a_person_loads_tablestore_and_neither_oss_nor_dashscope(event: str) -> None:
    answered = loaded(event)["answered"]
    assert "tablestore" in answered
    assert not answered & {"oss2", "requests"}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("status", NOBODY_LOADS),
        ("a person", PERSON_LOADS),
        ("a photo", PHOTO_LOADS),
        ("a photo that closes a set", CLOSING_LOADS),
        ("a zip", ZIP_LOADS),
        ("reconcile", RECONCILE_LOADS),
    ],
)
def test_an_event_loads_the_modules_that_it_needs_and_no_others(event: str, expected: set[str]) -> None:
    found = {name for name in loaded(event)["answered"] if name.startswith("shared.")}
    packages = {name.rpartition(".")[0] for name in found}
    assert found - packages == expected


@pytest.mark.parametrize("event", ["a photo", "a photo that closes a set", "a zip"])
def test_an_upload_loads_nothing_of_a_tick(event: str) -> None:
    of_a_tick = modules("shared.domain", "breakers decide function_time health lingering sweeping") | modules(
        "shared.workflow",
        "actions linger looks observing probing reconciling requests retiming sweep training",
    )
    assert of_a_tick <= RECONCILE_LOADS
    assert not loaded(event)["answered"] & of_a_tick


@pytest.mark.parametrize("event", SCRIPTS)
def test_no_event_loads_libraries_for_pictures_and_zips(event: str) -> None:
    assert not loaded(event)["answered"] & (PICTURES_AND_ZIPS | {"dashscope"})


@pytest.mark.parametrize("event", SCRIPTS)
def test_whoever_asks_for_no_page_does_not_pay_for_templates(event: str) -> None:
    assert not loaded(event)["answered"] & {"jinja2", "markupsafe"}


@pytest.mark.parametrize("event", OF_A_FUNCTION_WITH_ALL_SERVICES)
def test_a_function_that_needs_all_three_services_loads_their_clients(event: str) -> None:
    assert loaded(event)["answered"] >= {"oss2", "tablestore", "requests", *CLIENTS}


def test_each_sdk_is_imported_by_the_modules_that_speak_to_its_service_and_no_others() -> None:
    importers: dict[str, set[str]] = {}
    for folder in ("functions", "shared"):
        for path in (ROOT / folder).rglob("*.py"):
            for name in _imported(path):
                importers.setdefault(name, set()).add(path.relative_to(ROOT).as_posix())
    of_oss = {f"shared/clients/{name}.py" for name in ("photo_bucket", "oss_errors")}
    assert importers["oss2"] == of_oss
    rows = {f"shared/clients/{name}.py" for name in ("rows", "row_batches", "table_calls")}
    assert importers["tablestore"] == rows
    # oss2 raises errors of requests, beneath its own.
    of_dashscope = ("dashscope", "dashscope_http", "dashscope_portraits")
    of_requests = {f"shared/clients/{name}.py" for name in (*of_dashscope, "log_store", "oss_errors")}
    assert importers["requests"] == of_requests
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
