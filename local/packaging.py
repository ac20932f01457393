"""The zip that Function Compute gets: the product's own code and what the runtime lacks or has too old.

The pages' templates are in it as Python, which Jinja2 makes of them here, so that no function compiles them;
and bytecode of everything, where a Python of the runtime's version can make it (:mod:`local.bytecode`).

The same content always gives the same bytes, so the name, which carries their hash, changes exactly when
the code does; ROS sees a new release by that name.
"""

from __future__ import annotations

import compileall
import hashlib
import importlib.util
import io
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.bytecode import bytecode_of

ROOT = Path(__file__).resolve().parent.parent
OWN_PACKAGES = ("functions", "shared")
LAYER_FOLDER = "python"
"""What Function Compute puts at ``/opt/python`` (Function Compute, "Create a custom layer")."""
RUNTIME_VERSION = "3.10"
"""The version of Python that the template's default runtime has."""
# Function Compute's python3.10 has oss2 2.16.0, which cannot sign with V4; all that oss2 needs is there.
# jinja2 and markupsafe are not there; markupsafe works without its compiled part, which fits one Python only.
VENDORED_PACKAGES = ("oss2", "jinja2", "markupsafe")
# What the pages are made of, beside Python; editors and systems leave other files.
_PAGE_FILES = ("shared/pages/assets/*.css", "shared/pages/assets/*.js")
_TEMPLATES = Path("shared/pages/templates")
_COMPILED_DOCSTRING = b'"""The templates of the pages as Python, made when the zip was packed."""\n'
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Package:
    """A built zip.

    Attributes:
        content: its bytes.
        own_bytes: the share of the sources that are ours rather than a library's.
        bytecode_bytes: the share of the bytecode.
    """

    content: bytes
    own_bytes: int
    bytecode_bytes: int

    @property
    def name(self) -> str:
        """The file name, which carries the content's hash."""
        return f"facechain-autotrain-{hashlib.sha256(self.content).hexdigest()[:16]}.zip"


def build_package(root: Path = ROOT, *, python: Path | None = None) -> Package:
    """Build the zip from the checkout at ``root`` and the libraries of this environment.

    Args:
        root: the checkout.
        python: makes the bytecode, for its own version; None leaves that to whoever runs the code.
    """
    files = dict(_files(root))
    sources = ((name, content) for name, content in files.items() if name.endswith(".py"))
    bytecode = bytecode_of(sources, python) if python is not None else {}
    files = {f"{LAYER_FOLDER}/{name}": content for name, content in files.items()}
    bytecode = {f"{LAYER_FOLDER}/{name}": content for name, content in bytecode.items()}
    buffer = io.BytesIO()
    own = compiled = 0
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in (*files.items(), *bytecode.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
            size = archive.getinfo(name).compress_size
            if name in bytecode:
                compiled += size
            elif name.split("/")[1] in OWN_PACKAGES:
                own += size
    return Package(buffer.getvalue(), own, compiled)


def unpack_package(package: Package, folder: Path) -> Path:
    """Unpack the zip below ``folder``, as Function Compute does, and return what is ``/opt/python`` there.

    The folder's name carries the content's hash, so what is there already is the same; many may unpack at
    once. The bytecode is made here, once, and not by every instance that starts.
    """
    code = folder / package.name.removesuffix(".zip")
    if not code.exists():
        folder.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=folder))
        with zipfile.ZipFile(io.BytesIO(package.content)) as archive:
            archive.extractall(partial)
        with warnings.catch_warnings():
            # oss2 2.19.1 has an invalid escape in a docstring, which Python 3.12 remarks on.
            warnings.simplefilter("ignore")
            compileall.compile_dir(partial, quiet=2, stripdir=str(partial), prependdir=str(code))
        try:
            partial.rename(code)
        except OSError:
            shutil.rmtree(partial)
            if not code.exists():
                raise
    return code / LAYER_FOLDER


def templates_as_python(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the pages' templates in ``folder`` as modules: a name, and the Python that Jinja2 makes.

    Raises:
        jinja2.TemplateError: a template is wrong.
    """
    # Loaded by whoever packs, and not by every command of the local cloud.
    from shared.pages.rendering import SUFFIX, environment

    for path in sorted(folder.glob(f"*{SUFFIX}")):
        text = path.read_text(encoding="utf-8")
        python = environment().compile(text, path.name, path.name, raw=True, defer_init=True)
        docstring = f'"""The template {path.name}, as Python made by Jinja2."""'
        yield path.name.removesuffix(SUFFIX), f"{docstring}\n\n{python}\n"


def _files(root: Path) -> Iterator[tuple[str, bytes]]:
    """Yield archive names and contents: Python sources, and what pages are made of."""
    folders = [(package, root / package) for package in OWN_PACKAGES]
    folders += [(package, _installed(package)) for package in VENDORED_PACKAGES]
    for package, folder in folders:
        for path in sorted(folder.rglob("*.py")):
            yield f"{package}/{path.relative_to(folder).as_posix()}", path.read_bytes()
    for pattern in _PAGE_FILES:
        for path in sorted(root.glob(pattern)):
            yield path.relative_to(root).as_posix(), path.read_bytes()
    package = f"{_TEMPLATES.parent.as_posix()}/compiled"
    yield f"{package}/__init__.py", _COMPILED_DOCSTRING
    for name, python in templates_as_python(root / _TEMPLATES):
        yield f"{package}/{name}.py", python.encode("utf-8")


def _installed(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"{package} is not installed here; run 'make setup'")
    return Path(spec.origin).parent
