"""What is deployed: the zip's content, its size, and what a cold start imports."""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import pytest

from local.packaging import LAYER_FOLDER, ROOT, Package, build_package, unpack_package

COMPILED = "shared/pages/compiled/"
LAYER = f"{LAYER_FOLDER}/"
OWN_CODE_CEILING = 2200 * 1024
"""A call that carries the zip has room for more; what a cold start loads has tests of its own."""


@pytest.fixture(scope="module")
def package() -> Package:
    return build_package()


@pytest.fixture(scope="module")
def archive(package: Package) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(package.content))


def own_files(archive: zipfile.ZipFile) -> list[str]:
    """Return the names of our own files, as functions find them."""
    return [name for name in held_files(archive) if name.startswith(("functions/", "shared/"))]


def held_files(archive: zipfile.ZipFile) -> list[str]:
    assert all(name.startswith(LAYER) for name in archive.namelist())
    return [name.removeprefix(LAYER) for name in archive.namelist()]


def own_modules(archive: zipfile.ZipFile) -> list[str]:
    return [name for name in own_files(archive) if name.endswith(".py")]


def files_of_pages() -> list[Path]:
    pages = ROOT / "shared" / "pages"
    return [path for kind in ("*.css", "*.js") for path in pages.rglob(kind)]


def templates() -> list[Path]:
    return list((ROOT / "shared" / "pages").rglob("*.html.jinja"))


def test_the_zip_holds_our_code_and_the_libraries_that_the_runtime_lacks_or_has_too_old(
    archive: zipfile.ZipFile,
) -> None:
    tops = {name.partition("/")[0] for name in held_files(archive)}
    assert tops == {"functions", "shared", "oss2", "jinja2", "markupsafe"}
    pages = {path.relative_to(ROOT).as_posix() for path in files_of_pages()}
    assert len(pages) >= 2
    # Bytecode fits one version of Python: there is none unless such a Python is named.
    assert {name for name in held_files(archive) if not name.endswith(".py")} == pages
    assert archive.testzip() is None


def test_a_page_is_made_from_the_zip_alone(package: Package, tmp_path: Path) -> None:
    code = unpack_package(package, tmp_path)
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from shared.domain.words import Language\n"
        "from shared.pages.rendering import render\n"
        "from shared.pages.view import View\n"
        "view = View(language=Language.ENGLISH, path='/sign-in', now=0, query={'next': '<x>'})\n"
        "print(render('sign_in', {}, view))\n"
        "import markupsafe; assert markupsafe.__file__.startswith(sys.argv[1])\n"
        "assert 'markupsafe._native' in sys.modules\n"
        "assert 'shared.pages.compiled.sign_in' in sys.modules\n"
    )
    command = [sys.executable, "-I", "-S", "-W", "error", "-c", script, str(code)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    assert '<form method="post" action="/sign-in">' in done.stdout
    assert 'value="&lt;x&gt;"' in done.stdout


def test_the_zip_holds_every_module_of_ours_as_it_is(archive: zipfile.ZipFile) -> None:
    paths = [path for name in ("functions", "shared") for path in (ROOT / name).rglob("*.py")]
    sources = {path.relative_to(ROOT).as_posix(): path for path in paths}
    held = {name for name in own_modules(archive) if not name.startswith(COMPILED)}
    assert held == set(sources)
    for name, path in sources.items():
        assert archive.read(LAYER + name) == path.read_bytes()


def test_the_zip_holds_every_template_as_python_and_none_as_text(archive: zipfile.ZipFile) -> None:
    held = {name for name in own_modules(archive) if name.startswith(COMPILED)}
    expected = {path.name.removesuffix(".html.jinja") for path in templates()} | {"__init__"}
    assert held == {f"{COMPILED}{name}.py" for name in expected}
    for name in held:
        assert ast.get_docstring(ast.parse(archive.read(LAYER + name)))


MAKE_PYTHON = """
import hashlib
from local.packaging import templates_as_python
from shared.pages.rendering import TEMPLATES
print(hashlib.sha256(repr(list(templates_as_python(TEMPLATES))).encode()).hexdigest())
"""


def test_a_template_is_the_same_python_whatever_the_order_of_sets() -> None:
    def made(seed: str) -> str:
        command = [sys.executable, "-c", MAKE_PYTHON]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        return done.stdout

    assert made("1") == made("2") == made("3")


def test_the_same_code_gives_the_same_bytes_and_name(package: Package, archive: zipfile.ZipFile) -> None:
    # Nothing of the moment or of the machine: the time is the format's first, the rights are fixed.
    assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o644}
    again = build_package()
    assert again.content == package.content
    assert again.name == package.name


def test_the_zip_depends_on_content_alone_and_changes_with_it(package: Package, tmp_path: Path) -> None:
    for name in ("functions", "shared"):
        for path in (*(ROOT / name).rglob("*.py"), *files_of_pages(), *templates()):
            copy = tmp_path / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    # Other times, other rights and the interpreter's own files are no content.
    cache = tmp_path / "shared" / "__pycache__"
    cache.mkdir()
    (cache / "logs.cpython-310.pyc").write_bytes(b"x")
    (tmp_path / "shared" / "logs.py").chmod(0o600)
    assert build_package(tmp_path).content == package.content
    with (tmp_path / "shared" / "logs.py").open("a") as file:
        file.write("# changed\n")
    assert build_package(tmp_path).name != package.name


def test_a_library_that_python_remarks_on_is_compiled_without_a_word(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{LAYER}oss2/api.py", 'ESCAPE = "\\&"\n')
    with warnings.catch_warnings(record=True) as remarks:
        warnings.simplefilter("always")
        code = unpack_package(Package(content=buffer.getvalue(), release="0" * 16), tmp_path)
    assert list(code.glob("oss2/__pycache__/*.pyc"))
    assert remarks == []


def test_our_own_code_stays_small(package: Package, archive: zipfile.ZipFile) -> None:
    assert package.own_bytes == sum(archive.getinfo(LAYER + name).file_size for name in own_files(archive))
    assert 0 < package.own_bytes <= OWN_CODE_CEILING


def test_nothing_that_is_deployed_imports_the_local_cloud_or_the_tests(archive: zipfile.ZipFile) -> None:
    for name in own_modules(archive):
        for node in ast.walk(ast.parse(archive.read(LAYER + name))):
            imported = []
            if isinstance(node, ast.Import):
                imported = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, name
                imported = [node.module or ""]
            for module in imported:
                assert module.partition(".")[0] not in {"local", "tests"}, name


def test_the_templates_handlers_are_in_the_zip(archive: zipfile.ZipFile) -> None:
    for module in ("collect", "reconcile", "status"):
        tree = ast.parse(archive.read(f"{LAYER}functions/{module}.py"))
        handlers = [
            node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "handler"
        ]
        assert len(handlers) == 1
        assert len(handlers[0].args.args) == 2


# One interpreter for all three: each handler is imported after the others' modules were forgotten.
IMPORT_PROBE = """
import importlib, json, sys
clean = set(sys.modules)
heavy = ("oss2", "tablestore", "requests", "urllib3")
found = {}
for name in ("status", "collect", "reconcile"):
    importlib.import_module(f"functions.{name}")
    found[name] = [module for module in heavy if module in sys.modules]
    for module in set(sys.modules) - clean:
        del sys.modules[module]
print(json.dumps(found))
"""


def test_importing_a_handler_imports_no_sdk() -> None:
    probe = subprocess.run(
        [sys.executable, "-W", "error", "-c", IMPORT_PROBE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert probe.returncode == 0, probe.stderr
    assert json.loads(probe.stdout) == {"status": [], "collect": [], "reconcile": []}
