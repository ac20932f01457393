"""Checks of functions: handlers that are files, legal sizes, and settings that the code reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from aliyun_local.template import Function, Resources
from local.packaging import OWN_PACKAGES, ROOT
from shared.settings import SettingsError, read_settings

NEEDED: Mapping[str, tuple[str, ...]] = {
    "collect": ("oss_endpoint", "oss_bucket", "ots_endpoint", "ots_instance", "dashscope_api_key"),
    "reconcile": ("oss_endpoint", "oss_bucket", "ots_endpoint", "ots_instance", "dashscope_api_key"),
    "status": ("ots_endpoint", "ots_instance", "status_token"),
}
"""The settings without which a function does nothing, by the module that its source imports."""
LAYER = "/opt/python"
"""Where a function finds its layers' folder ``python`` (Function Compute, "Create a custom layer")."""
MAX_NAME = 64
MAX_ENVIRONMENT_BYTES = 4096
LONGEST_RUN_SECONDS = {"reconcile": 120}
"""The code counts on a run being over by then (shared/domain/photo_set.py, UNPACKING_TAKES_MS)."""


def findings(document: Mapping[str, Any], resources: Resources) -> list[str]:
    """Return what is wrong with the functions."""
    known = _settings()
    found = []
    for name, properties in resources.properties.items():
        if document["Resources"][name]["Type"] == "ALIYUN::FC3::Function":
            function = resources.functions[properties["FunctionName"]]
            problems = [*_code(function), *_size(properties), *_environment(function, properties, known)]
            found += [f"Resources.{name}: {problem}" for problem in problems]
            if function.reserved_concurrency is None:
                found.append(f"Resources.{name}: nothing bounds how many instances it may have, and its cost")
    return found


def _code(function: Function) -> Iterator[str]:
    file, _, name = function.handler.rpartition(".")
    if file != "index":
        yield f"Handler {function.handler}: the code of a function is index.py alone"
    if not function.layers:
        yield "Layers: without one the function has no code but its own"
    if f"sys.path.insert(0, {LAYER!r})" not in (function.source_code or ""):
        yield f"Code.SourceCode: {LAYER} is not put first, and the runtime's oss2 may be found before ours"
    module = module_of(function)
    path = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    if module.partition(".")[0] not in OWN_PACKAGES or not path.is_file():
        yield f"Code.SourceCode: the zip has no {module.replace('.', '/') or name}.py"
        return
    defined = ast.parse(path.read_text(encoding="utf-8")).body
    if not any(isinstance(node, ast.FunctionDef) and node.name == name for node in defined):
        yield f"Handler {function.handler}: {module} defines no function {name}"
    longest = LONGEST_RUN_SECONDS.get(module.rpartition(".")[2])
    if longest and function.timeout_seconds > longest:
        yield f"Timeout {function.timeout_seconds}: the code counts on {longest} seconds"


def module_of(function: Function) -> str:
    """Return the module of which the source imports the handler; empty where it imports none."""
    name = function.handler.rpartition(".")[2]
    try:
        statements = ast.parse(function.source_code or "").body
    except SyntaxError:
        return ""
    imports = (one for one in statements if isinstance(one, ast.ImportFrom))
    return next((one.module or "" for one in imports if name in {alias.name for alias in one.names}), "")


def _size(properties: Mapping[str, Any]) -> Iterator[str]:
    """Function Compute, "Quotas and limits": steps of 64 MB and of 0.05 vCPUs, and 1 to 4 GB a vCPU."""
    if len(properties["FunctionName"]) > MAX_NAME:
        yield f"FunctionName has more than {MAX_NAME} characters"
    cpu, memory = float(properties.get("Cpu", 0)), int(properties.get("MemorySize", 0))
    if memory % 64 or not 128 <= memory <= 32_768:
        yield f"MemorySize {memory} is not a step of 64 MB from 128 to 32768"
    if not cpu or abs(cpu * 20 - round(cpu * 20)) > 1e-9:
        yield f"Cpu {cpu} is not a step of 0.05"
    elif not 1 <= memory / 1024 / cpu <= 4:
        yield f"MemorySize {memory} for Cpu {cpu}: the ratio of GB to vCPUs must be from 1 to 4"
    if properties.get("DiskSize", 512) not in (512, 10_240):
        yield f"DiskSize {properties['DiskSize']} is neither 512 nor 10240"


def _environment(function: Function, properties: Mapping[str, Any], known: set[str]) -> Iterator[str]:
    given = properties.get("EnvironmentVariables", {})
    for name, value in given.items():
        if not isinstance(value, str):
            yield f"EnvironmentVariables.{name} is {value!r}, and only strings are taken; Fn::Str makes one"
        if name not in known:
            yield f"EnvironmentVariables.{name} is no setting that the code reads"
    if (
        sum(len(name.encode()) + len(str(value).encode()) for name, value in given.items())
        > MAX_ENVIRONMENT_BYTES
    ):
        yield f"EnvironmentVariables has more than {MAX_ENVIRONMENT_BYTES} bytes"
    try:
        settings = read_settings({**function.environment, "FC_REGION": "cn-beijing"})
        settings.require(*NEEDED.get(module_of(function).rpartition(".")[2], ()))
    except SettingsError as problem:
        yield f"EnvironmentVariables: {problem}"


class _Asked(dict[str, str]):
    """An environment that remembers the names that it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return default


def _settings() -> set[str]:
    environment = _Asked()
    read_settings(environment)
    return environment.names
