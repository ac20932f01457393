"""The secrets of a stage: where they come from, and the file in which the made ones are kept.

A secret comes from the file that ``--secrets`` names, else from the environment, else from the stage's own
file. Tokens that nobody gives are made, and kept in that file; the key of DashScope is asked for, and kept
by ROS alone. None is ever an argument of a command, so none stands in a list of processes or in a shell's
history.
"""

from __future__ import annotations

import getpass
import secrets
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from aliyun_local.private_files import make_private_folder, write_private
from local.stages.errors import NotStarted
from local.stages.stage_file import FOLDER

VARIABLES: Mapping[str, str] = {
    "DashScopeApiKey": "DASHSCOPE_API_KEY",
    "StatusToken": "STATUS_TOKEN",
    "AdminToken": "ADMIN_TOKEN",
    "LinkKey": "LINK_KEY",
    "EraseKey": "ERASE_KEY",
    "StatusPrivateKey": "STATUS_PRIVATE_KEY",
    "WebhookUrl": "WEBHOOK_URL",
    "WebhookSecret": "WEBHOOK_SECRET",
    "WebhookOldSecret": "WEBHOOK_OLD_SECRET",
    "DingTalkUrl": "DINGTALK_URL",
    "DingTalkSecret": "DINGTALK_SECRET",
    "FeishuUrl": "FEISHU_URL",
    "FeishuSecret": "FEISHU_SECRET",
}
"""The environment variables of the template's secret parameters; a file has the same names."""
MADE = ("StatusToken", "AdminToken", "LinkKey", "EraseKey")
TOKEN_BYTES = 32


def given_secrets(
    names: Iterable[str], environment: Mapping[str, str], file: Path | None = None
) -> dict[str, str]:
    """Return the secrets that the environment or ``file`` gives, by the names of parameters.

    Raises:
        NotStarted: the file cannot be read, is open to others, or has a line of another form.
    """
    values = {**environment, **(_lines(file) if file is not None else {})}
    found = {name: values.get(VARIABLES.get(name, name), "").strip() for name in names}
    return {name: value for name, value in found.items() if value}


def kept_secrets(stage: str, folder: Path = FOLDER) -> dict[str, str]:
    """Return the tokens that are kept for a stage."""
    path = folder / f"{stage}.secrets"
    if not path.exists():
        return {}
    lines = _lines(path)
    return {name: lines[variable] for name, variable in VARIABLES.items() if lines.get(variable)}


def keep_secrets(stage: str, values: Mapping[str, str], folder: Path = FOLDER) -> None:
    """Keep the tokens of a stage; the key of DashScope and the private key of a certificate are not."""
    make_private_folder(folder)
    kept = {VARIABLES[name]: values[name] for name in MADE if values.get(name)}
    write_private(folder / f"{stage}.secrets", "".join(f"{name}={value}\n" for name, value in kept.items()))


def made_token() -> str:
    """Return a new token."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def ask_for_key(ask: Callable[[str], str] = getpass.getpass, *, is_terminal: bool | None = None) -> str:
    """Ask for DashScope's key, without showing it.

    Raises:
        NotStarted: nobody can be asked here, or nothing was typed.
    """
    can_ask = sys.stdin.isatty() if is_terminal is None else is_terminal
    if not can_ask:
        raise NotStarted(
            "DashScope's API key is missing, and nobody can be asked here",
            "Set DASHSCOPE_API_KEY in the environment, or name a file with that line by --secrets.",
        )
    try:
        key = ask("DashScope API key of the Beijing region (it is not shown): ").strip()
    except EOFError:
        key = ""
    if not key:
        raise NotStarted(
            "no API key was typed", "Make one at https://bailian.console.aliyun.com/?tab=model#/api-key"
        )
    return key


def _lines(path: Path) -> dict[str, str]:
    try:
        if path.stat().st_mode & 0o077:
            raise NotStarted(f"{path} can be read by others on this machine", f"chmod 600 {path}")
        text = path.read_text(encoding="utf-8")
    except OSError as problem:
        raise NotStarted(f"{path} cannot be read: {problem.strerror}") from problem
    values = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals:
            # The line itself may be a secret.
            raise NotStarted(f"{path}, line {number}: it is not of the form NAME=value")
        # A private key has lines of its own, which are written as \n here.
        values[name.removeprefix("export ").strip()] = value.strip().strip("'\"").replace("\\n", "\n")
    return values
