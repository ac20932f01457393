"""The command line behind the Makefile: the local cloud, the package, and the operator's commands."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from local.options import PORT_NAMES, OptionError, Options, read_options
from local.real_dashscope.account import MODE_VARIABLE, REAL
from local.stages.command_line import add_commands
from local.stopping import INTERRUPTED

DEMO_DEFAULTS = Options(
    data=Path(".local/demo"),
    disposable=True,
    ports=dict.fromkeys(PORT_NAMES, 0),
    training_seconds=4.0,
    tick_seconds=1.0,
    parameters={
        "QuietSeconds": 5,
        "SettleSeconds": 2,
        "SweepSeconds": 5,
        "Portraits": "f_idcard_female:1,f_business_female:1",
    },
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    given = _parser().parse_args(arguments)
    try:
        return int(given.run(given))
    except KeyboardInterrupt:
        return INTERRUPTED
    except (OptionError, OSError, RuntimeError) as problem:
        print(f"{given.command}: {problem}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="run the whole stack in the foreground until Ctrl-C")
    up.add_argument("--log", action="store_true", help="show the functions' log lines, not the people")
    up.set_defaults(run=_up)
    demo = commands.add_parser("demo", help="train sample people and show it live")
    demo.add_argument("--photos", type=Path, help="a folder with one folder of photos a person")
    demo.set_defaults(run=_demo)
    package = commands.add_parser("package", help="build the zip that Function Compute gets")
    package.add_argument("--folder", type=Path, default=Path("dist"), help="where to put it")
    package.add_argument("--runtime", choices=("python3.10", "python3.12"), default="python3.10")
    package.set_defaults(run=_package)
    upload = commands.add_parser("upload", help="upload photos of a person to the local cloud that runs here")
    upload.add_argument("person")
    upload.add_argument("files", type=Path, nargs="+")
    upload.add_argument("--ready", action="store_true", help="say that the set is complete")
    upload.set_defaults(run=_upload)
    sign = commands.add_parser("sign", help="print a URL that takes one photo of a person by PUT")
    sign.add_argument("person")
    sign.add_argument("name")
    sign.set_defaults(run=_sign)
    add_commands(commands)
    return parser


def _up(given: argparse.Namespace) -> int:
    from local.up import run_up

    return run_up(read_options(os.environ, Options()), log=given.log)


def _demo(given: argparse.Namespace) -> int:
    if os.environ.get(MODE_VARIABLE, "").strip().lower() == REAL:
        raise OptionError(f"{MODE_VARIABLE}={REAL} is for 'make up'; the demo never trains for money")
    from local.demo.run import run_demo

    return run_demo(read_options(os.environ, DEMO_DEFAULTS), given.photos)


def _package(given: argparse.Namespace) -> int:
    from local.releasing import release
    from local.runtimes import RUNTIMES

    release(given.folder, RUNTIMES[given.runtime])
    return 0


def _upload(given: argparse.Namespace) -> int:
    from local.upload import upload

    upload(given.person, given.files, ready=given.ready)
    return 0


def _sign(given: argparse.Namespace) -> int:
    from local.upload import sign

    print(sign(given.person, given.name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
