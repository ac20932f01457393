"""Installs the locked lists into virtual environments; ``make setup``, ``contracts`` and ``template`` run it.

Of one list, that of the real photos of the tests, it only fetches the packages (``make real-photos``).

It runs before anything is installed, so it uses the standard library alone. pip needs most of a minute; a
line that changes, or without a terminal a line now and then, tells what pip is doing.
"""

from __future__ import annotations

import argparse
import os
import platform
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from local.real_photos import take_photos

LISTS = Path(__file__).resolve().parent.parent / "requirements"
COMPLETE = ".ready"
"""The file that the Makefile puts into a complete environment."""
# pip builds the few libraries without a wheel by the setuptools of build.txt, whose hash is locked too. In
# isolation, its own way, it would fetch a setuptools without a hash, to run it on what is deployed.
_QUIET = ("--disable-pip-version-check", "--no-input", "--progress-bar", "off")
PIP = ("-m", "pip", "install", *_QUIET)
_DOWNLOAD = ("-m", "pip", "download", *_QUIET)
LOCKED = ("--require-hashes", "--use-pep517", "--no-build-isolation")
# The photos are in the source distribution of one package, and in the wheels of the others.
_OF_PHOTOS = ("--no-deps", "--no-binary", "face-recognition", "--only-binary", "scikit-image,insightface")

REDRAW_SECONDS = 0.2
LINE_SECONDS = 5.0


class InstallationError(RuntimeError):
    """Something could not be installed; the message is the tool's own."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Install into an environment; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local.installation", description=__doc__)
    parser.add_argument("environment", type=Path, help="the folder of the virtual environment")
    parser.add_argument("--clients", action="store_true", help="add what only the contract tests need")
    parser.add_argument("--browser", action="store_true", help="add what leads a browser through the pages")
    parser.add_argument("--fuzz", action="store_true", help="add what makes requests of openapi.json")
    parser.add_argument("--deploy", action="store_true", help="add what the operator's commands need")
    parser.add_argument("--real-photos", action="store_true", help="fetch the real photos of the tests")
    parser.add_argument("--template-checks", action="store_true", help="make one that checks the template")
    given = parser.parse_args(arguments)
    try:
        if given.clients:
            _install(given.environment, "the official clients", "-r", str(LISTS / "clients.txt"))
        elif given.browser:
            _install(given.environment, "what leads a browser", "-r", str(LISTS / "browser.txt"))
        elif given.fuzz:
            _install(given.environment, "what makes requests", "-r", str(LISTS / "fuzz.txt"))
        elif given.deploy:
            _install(given.environment, "the operator's clients", "-r", str(LISTS / "deploy.txt"))
        elif given.real_photos:
            _fetch_real_photos(given.environment)
        elif given.template_checks:
            _install_template_checks(given.environment)
        else:
            _install_all(given.environment)
    except InstallationError as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    return 0


def _install_all(environment: Path) -> None:
    """Make the environment, unless a complete one of the same Python is there, and install both lists.

    A new environment that could not be completed is removed, so that the next attempt starts from nothing.
    """
    began = time.monotonic()
    kept = (environment / COMPLETE).exists() and _version(environment) == platform.python_version()
    try:
        if kept:
            print(f"Bringing {environment} up to date.", flush=True)
        else:
            _make(environment)
        libraries = environment / "function-runtime"
        _install(environment, "the build tool", "-r", str(LISTS / "build.txt"))
        _install(environment, "libraries and tools", "-r", str(LISTS / "development.txt"))
        shutil.rmtree(libraries, ignore_errors=True)
        runtime = ("--no-deps", "--target", str(libraries), "-r", str(LISTS / "function-runtime.txt"))
        _install(environment, "Function Compute's library versions", *runtime)
    except BaseException:
        if not kept:
            shutil.rmtree(environment, ignore_errors=True)
        raise
    print(f"Installed in {time.monotonic() - began:.0f} s.\n", flush=True)


def _install_template_checks(environment: Path) -> None:
    """Make an environment of its own for what checks the template: its libraries want other versions."""
    try:
        _make(environment)
        _install(environment, "the build tool", "-r", str(LISTS / "build.txt"))
        _install(environment, "what checks the template", "-r", str(LISTS / "template-checks.txt"))
        validator = ("--no-deps", "-r", str(LISTS / "template-validator.txt"))
        _install(environment, "the ROS team's validator", *validator)
    except BaseException:
        shutil.rmtree(environment, ignore_errors=True)
        raise


def _fetch_real_photos(environment: Path) -> None:
    """Fetch the packages that have real photos in them, and keep only the photos.

    Nothing is installed. pip asks a source distribution for its name by running its ``setup.py``; that is
    locked by its hash, like everything that pip builds here.
    """
    with tempfile.TemporaryDirectory() as folder:
        listed = ("-r", str(LISTS / "real-photos.txt"), "--dest", folder)
        download = [_python(environment), *_DOWNLOAD, *LOCKED, *_OF_PHOTOS, *listed]
        _run("fetch the real photos of the tests", "the real photos of the tests", download)
        try:
            take_photos(Path(folder), environment / "real-photos")
        except (KeyError, OSError) as problem:
            raise InstallationError(f"a package has no such photo: {problem}") from problem


def _make(environment: Path) -> None:
    own, other = platform.python_version(), _version(environment)
    if other and other != own:
        print(f"{environment} is of Python {other}; it is made again with {own}.")
    print(f"Installing into {environment} with Python {own}; this takes about a minute, once.", flush=True)
    command = [sys.executable, "-m", "venv", "--clear", str(environment)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        raise InstallationError(f"{sys.executable} -m venv failed:\n{made.stdout}{made.stderr}".rstrip())


def _version(environment: Path) -> str:
    """Return the version of an environment's Python; empty when there is none that runs."""
    code = "import platform; print(platform.python_version())"
    try:
        run = subprocess.run([_python(environment), "-c", code], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return run.stdout.strip()


def _python(environment: Path) -> str:
    return str(environment / "bin" / "python")


def run_pip(title: str, command: Sequence[str]) -> None:
    """Run a ``command`` that installs ``title`` and show what it does.

    Raises:
        InstallationError: it failed; the message is its own.
    """
    _run(f"install {title}", title, command)


def _install(environment: Path, title: str, *arguments: str) -> None:
    _run(f"install {title}", title, [_python(environment), *PIP, *LOCKED, *arguments])


def _run(task: str, title: str, command: Sequence[str]) -> None:
    """Let pip do its ``task``, and show what it does; its warnings are shown only when it fails."""
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
        subprocess.Popen(
            command,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore"},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None  # noqa: S101 (what PIPE means)
        _show(title, process.stdout)
        if process.wait():
            errors.seek(0)
            raise InstallationError(f"pip could not {task}:\n{errors.read()}".rstrip())


def _show(title: str, output: Iterable[str]) -> None:
    """Show what pip does until its output ends."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        for line in output:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    display = Display(title)
    doing = ""
    while True:
        try:
            line = lines.get(timeout=REDRAW_SECONDS)
        except queue.Empty:
            line = ""
        if line is None:
            break
        doing = activity(line) or doing
        display.show(doing)
    display.finish()


def activity(line: str) -> str:
    """Return what a line of pip's output says it does now; empty when that is nothing that takes time."""
    words = line.split()
    if words[:1] == ["Collecting"]:
        return f"fetching {words[1].partition('==')[0]}"
    if words[:3] == ["Building", "wheel", "for"]:
        return f"building {words[3]}"
    if words[:3] == ["Installing", "collected", "packages:"]:
        return f"unpacking {len(words) - 3} packages" if len(words) > 4 else f"unpacking {words[3]}"
    return ""


class Display:
    """One line that changes; without a terminal that can redraw, a line now and then."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._redraws = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._began = self._printed_at = time.monotonic()

    def show(self, doing: str) -> None:
        """Show what is going on."""
        now = time.monotonic()
        text = f"  {self._title}: {doing or 'starting'}, {now - self._began:.0f} s"
        if self._redraws:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\x1b[K{text[:width]}", end="", flush=True)
        elif now - self._printed_at >= LINE_SECONDS:
            self._printed_at = now
            print(text, flush=True)

    def finish(self) -> None:
        """Leave one line behind that tells how long it took."""
        start = "\r\x1b[K" if self._redraws else ""
        print(f"{start}  {self._title}: {time.monotonic() - self._began:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
