"""The zip that Function Compute gets: the product's own code and what the runtime lacks or has too old.

Everything lies below ``python/``, since the zip is a layer. The pages' templates are in it as Python, which
Jinja2 makes of them here, so that no function compiles them; and bytecode of everything, where a Python of
the runtime's version can make it (:mod:`local.bytecode`).

The same commit gives the same bytes, whatever Python packs it. So nothing is compressed: what deflate makes
of a file depends on the zlib that a Python was built with, and some are built with zlib-ng. The name carries
a hash of the sources alone. It names the release, and ROS sees a new one by it: whether a machine could make
bytecode changes how fast the release starts and not what it is.
"""

from __future__ import annotations

import compileall
import hashlib
import io
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from local.bytecode import bytecode_of
from local.runtimes import DEFAULT_RUNTIME, Runtime

ROOT = Path(__file__).resolve().parent.parent
OWN_PACKAGES = ("functions", "shared")
LAYER_FOLDER = "python"
"""What Function Compute puts at ``/opt/python`` (Function Compute, "Create a custom layer")."""
# What the pages are made of, beside Python; editors and systems leave other files.
_PAGE_FILES = ("shared/pages/assets/*.css", "shared/pages/assets/*.js")
_TEMPLATES = Path("shared/pages/templates")
_COMPILED_DOCSTRING = b'"""The templates of the pages as Python, made when the zip was packed."""\n'
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class Package:
    """A built zip.

    Attributes:
        content: its bytes.
        runtime: what it is made for.
        release: the hash of its sources, 16 hexadecimal digits.
        own_bytes: the share of the sources that are ours rather than a library's.
        bytecode_bytes: the share of the bytecode; 0 without any.
    """

    content: bytes
    runtime: Runtime = DEFAULT_RUNTIME
    release: str
    own_bytes: int = 0
    bytecode_bytes: int = 0

    @property
    def stem(self) -> str:
        """The file name without its ending, for what lies beside the zip."""
        return f"facechain-autotrain-{self.runtime.name}-{self.release}"

    @property
    def name(self) -> str:
        """The file name."""
        return f"{self.stem}.zip"


def build_package(
    root: Path = ROOT, *, runtime: Runtime = DEFAULT_RUNTIME, python: Path | None = None
) -> Package:
    """Build the zip from the checkout at ``root`` and the libraries of this environment.

    Args:
        root: the checkout.
        runtime: what it is made for.
        python: a Python of the runtime's version, which makes the bytecode; None leaves that to whoever runs
            the code.

    Raises:
        FileNotFoundError: a library is not installed here.
        RuntimeError: ``python`` cannot compile a module.
    """
    files = dict(_files(root, runtime))
    sources = ((name, content) for name, content in files.items() if name.endswith(".py"))
    bytecode = bytecode_of(sources, python) if python is not None else {}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in (*files.items(), *bytecode.items()):
            entry = zipfile.ZipInfo(f"{LAYER_FOLDER}/{name}", _EPOCH)
            entry.create_system = 3  # Unix, whatever packs it
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    own = (content for name, content in files.items() if name.partition("/")[0] in OWN_PACKAGES)
    return Package(
        content=buffer.getvalue(),
        runtime=runtime,
        release=_release(files, runtime),
        own_bytes=sum(map(len, own)),
        bytecode_bytes=sum(map(len, bytecode.values())),
    )


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


def _release(files: Mapping[str, bytes], runtime: Runtime) -> str:
    """Return the hash that names a release: of the runtime, and of each source's name and content."""
    whole = hashlib.sha256(runtime.name.encode())
    for name, content in sorted(files.items()):
        whole.update(f"\n{name} {hashlib.sha256(content).hexdigest()}".encode())
    return whole.hexdigest()[:16]


def _files(root: Path, runtime: Runtime) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents, as functions find them: Python sources, and what pages are made of."""
    folders = [(package, root / package) for package in OWN_PACKAGES]
    folders += [(library.folder, library.package()) for library in runtime.libraries]
    for package, folder in folders:
        for parent in list(Path(package).parents)[:-1]:
            # A package of that name further down the path, the runtime's own, would go before a bare folder.
            yield f"{parent.as_posix()}/__init__.py", b""
        for path in sorted(folder.rglob("*.py")):
            yield f"{package}/{path.relative_to(folder).as_posix()}", path.read_bytes()
    for pattern in _PAGE_FILES:
        for path in sorted(root.glob(pattern)):
            yield path.relative_to(root).as_posix(), path.read_bytes()
    package = f"{_TEMPLATES.parent.as_posix()}/compiled"
    yield f"{package}/__init__.py", _COMPILED_DOCSTRING
    for name, python in templates_as_python(root / _TEMPLATES):
        yield f"{package}/{name}.py", python.encode("utf-8")
