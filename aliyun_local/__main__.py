"""The command ``aliyun-local``: a local Aliyun on loopback until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from aliyun_local.cloud import HTTP, SERVICES, Application, CloudOptions, LocalCloud, PortInUse
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.data_folder import DataFolderInUse
from aliyun_local.oss.behaviour import OssBehaviour
from aliyun_local.serving.server import LOOPBACK
from aliyun_local.switches import SwitchError, Switches
from aliyun_local.template import TemplateError
from aliyun_local.version import VERSION

DESCRIPTION = (
    "Run a local Aliyun: OSS, Tablestore, DashScope, Function Compute and ROS on loopback, until Ctrl-C."
)
PORT_NAMES = (*SERVICES, HTTP)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(prog="aliyun-local", description=DESCRIPTION)
    made.add_argument("--template", type=Path, metavar="FILE", help="a ROS template to deploy")
    made.add_argument(
        "--code", type=Path, metavar="DIR", help="the functions' code (default: the template's folder)"
    )
    made.add_argument(
        "--parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the template; {oss}, {oss_public}, {ots}, {dashscope}, {fc}, "
        "{dashscope_api_key}, {access_key_id}, {access_key_secret} and {token:NAME} in a value are filled in",
    )
    made.add_argument(
        "--data", type=Path, metavar="DIR", help="keep the state in this folder (default: a temporary one)"
    )
    made.add_argument("--host", default=LOOPBACK, help=f"the address to listen on (default: {LOOPBACK})")
    made.add_argument(
        "--port",
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help=f"a fixed port for one of {', '.join(PORT_NAMES)} (default: any free one)",
    )
    made.add_argument(
        "--like",
        type=Path,
        metavar="FILE",
        help="behave like the account in a JSON file: its member 'switches' has switches by service",
    )
    made.add_argument(
        "--switch",
        action="append",
        default=[],
        metavar="SERVICE.NAME=VALUE",
        help="a switch of an account, such as oss.public_data_access=on; GET /_control/behaviour lists all",
    )
    made.add_argument("--version", action="version", version=f"aliyun-local {VERSION}")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    commands = parser()
    given = commands.parse_args(arguments)
    if given.template is None and (given.code or given.parameter):
        commands.error("--code and --parameter need --template")
    application = None
    if given.template is not None:
        application = Application(
            template=given.template,
            code=(given.code or given.template.parent).resolve(),
            parameters=_pairs(commands, "--parameter", given.parameter),
        )
    switches = _switches(commands, given.like, given.switch)
    options = CloudOptions(
        data=given.data,
        host=given.host,
        ports=_ports(commands, given.port),
        behaviour=switches.dashscope,
        oss_behaviour=switches.oss,
        ros_behaviour=switches.ros,
    )
    try:
        return _run(LocalCloud(options, application, on_log=_print_log))
    except (DataFolderInUse, PortInUse, TemplateError, OSError) as problem:
        print(f"aliyun-local: {problem}", file=sys.stderr)
        return 2


def _run(cloud: LocalCloud) -> int:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with cloud:
        for name, value in cloud.endpoints.items():
            print(f"{name}={value}")
        print("# ready; Ctrl-C stops it", flush=True)
        # Woken now and then: a signal that comes while the main thread waits in C may be noticed only then.
        while not stop.wait(0.5):
            pass
    return 0


def _print_log(function: str, line: str) -> None:
    print(f"# {function}: {line}", flush=True)


def _pairs(commands: argparse.ArgumentParser, option: str, given: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not name or not equals:
            commands.error(f"{option} {text}: it must be NAME=VALUE")
        pairs[name] = value
    return pairs


def _switches(commands: argparse.ArgumentParser, like: Path | None, given: Sequence[str]) -> Switches:
    """Return the switches of the file, changed by those on the command line."""
    switches = Switches(oss=OssBehaviour(), dashscope=Behaviour())
    try:
        if like is not None:
            switches.set_like(like)
    except SwitchError as problem:
        commands.error(f"--like {problem}")
    for text in given:
        try:
            switches.set_text(text)
        except SwitchError as problem:
            commands.error(f"--switch {text}: {problem}")
    return switches


def _ports(commands: argparse.ArgumentParser, given: Sequence[str]) -> dict[str, int]:
    ports = {}
    for name, text in _pairs(commands, "--port", given).items():
        if name not in PORT_NAMES or not text.isdigit() or int(text) > 65535:
            commands.error(f"--port {name}={text}: it must be one of {', '.join(PORT_NAMES)} and 0 to 65535")
        ports[name] = int(text)
    return ports


if __name__ == "__main__":
    sys.exit(main())
