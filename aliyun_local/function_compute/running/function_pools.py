"""The pools of all functions; a changed function gets a new one. ``FunctionCompute`` has one of these."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from aliyun_local.function_compute.running.deployed import Code, DeployedFunctions
from aliyun_local.function_compute.running.pools import InstanceLimits, InstancePool
from aliyun_local.function_compute.running.runner import Runner
from aliyun_local.template import Function


class FunctionPools:
    """A pool for each function that there is now.

    Attributes:
        by_name: the pools. It is one object, which changes in place and may be read at any time.
    """

    def __init__(self, deployed: DeployedFunctions, runner: Runner, limits: InstanceLimits) -> None:
        """Make the pools of the functions of ``deployed``; ``runner`` starts their instances."""
        self.by_name: dict[str, InstancePool] = {}
        self._deployed = deployed
        self._runner = runner
        self._limits = limits
        self._shown: dict[str, tuple[Function, Code, Path]] = {}
        self._retired: list[InstancePool] = []
        self.renew()

    def renew(self) -> None:
        """Make new pools for new and changed functions; the old ones end with their last invocation."""
        functions = self._deployed.resources.functions
        self._retired = [pool for pool in self._retired if pool.instances]
        for name, function in functions.items():
            # Other code has another folder.
            code, folder = self._deployed.code_of(function), self._deployed.folder(function)
            if self._shown.get(name) != (function, code, folder):
                self._retire(name)
                self._shown[name] = (function, code, folder)
                start = partial(self._runner.start, function, code, folder)
                self.by_name[name] = InstancePool(function, start, self._limits)
        for name in self.by_name.keys() - functions.keys():
            self._retire(name)
            del self.by_name[name], self._shown[name]

    def close(self) -> None:
        """End every instance, also those whose function has changed meanwhile."""
        for pool in [*self.by_name.values(), *self._retired]:
            pool.close()

    def _retire(self, name: str) -> None:
        if name in self.by_name:
            self.by_name[name].retire()
            self._retired.append(self.by_name[name])
