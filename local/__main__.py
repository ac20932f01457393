"""The command line behind the Makefile: ``python -m local up | demo | package``."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from local.options import OptionError, Options, read_options

TRANSCRIPT_COLUMNS = 118
DEMO_DEFAULTS = Options(
    data=Path(".local/demo"),
    ports=dict.fromkeys(("oss", "ots", "dashscope", "fc", "status"), 0),
    training_seconds=4.0,
    tick_seconds=1.0,
    parameters={"QuietSeconds": 5, "SweepSeconds": 5},
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="run the whole stack in the foreground until Ctrl-C")
    demo = commands.add_parser("demo", help="train sample people and show it live")
    demo.add_argument("--photos", type=Path, help="a folder with one folder of photos a person")
    package = commands.add_parser("package", help="build the zip that Function Compute gets")
    package.add_argument("--folder", type=Path, default=Path("dist"), help="where to put it")
    given = parser.parse_args(arguments)
    try:
        if given.command == "up":
            return _up()
        return _demo(given.photos) if given.command == "demo" else _package(given.folder)
    except (OptionError, OSError, RuntimeError) as problem:
        print(f"{given.command}: {problem}", file=sys.stderr)
        return 2


def _up() -> int:
    from local.cloud import LocalCloud
    from local.endpoints import ENDPOINTS_FILE, forget_stale_endpoints, published

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    forget_stale_endpoints()
    options = read_options(os.environ, Options())
    with LocalCloud(options, on_log=_print_log) as cloud, published(cloud.endpoints):
        print(f"The local cloud is up, on {options.data}. Ctrl-C stops it; starting again goes on.\n")
        for name in ("oss", "ots", "dashscope", "fc", "status"):
            print(f"  {name:<10} {cloud.url(name)}")
        print(f"\n  drop photos under   oss://{cloud.bucket}/people/<person>/")
        print(f"  keys and endpoints  {ENDPOINTS_FILE}\n", flush=True)
        # Woken now and then: a signal that comes while the main thread waits in C may be noticed only then.
        while not stop.wait(0.5):
            pass
        print("\nStopping.", flush=True)
    return 0


def _print_log(function: str, line: str) -> None:
    if not line.startswith("FC Invoke "):
        print(f"{function.rpartition('-')[2]:<10} {line}", flush=True)


def _demo(photos: Path | None) -> int:
    from rich.console import Console

    from local.demo.run import run_demo

    # Without a terminal rich assumes 80 columns, which cuts the models' names in two.
    console = Console() if sys.stdout.isatty() else Console(width=TRANSCRIPT_COLUMNS)
    return run_demo(read_options(os.environ, DEMO_DEFAULTS), photos, console)


def _package(folder: Path) -> int:
    from local.packaging import build_package

    package = build_package()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / package.name
    path.write_bytes(package.content)
    print(f"{path}  {len(package.content):,} bytes, of them {package.own_bytes:,} our own code")
    return 0


if __name__ == "__main__":
    sys.exit(main())
