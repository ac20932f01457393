"""How a local cloud runs, and what is deployed onto it at its start; :mod:`aliyun_local.cloud` takes both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.oss.behaviour import OssBehaviour
from aliyun_local.ros.behaviour import RosBehaviour
from aliyun_local.serving.server import LOOPBACK


@dataclass(frozen=True, kw_only=True)
class Application:
    """A template to deploy.

    Attributes:
        template: the file.
        code: the folder of the functions' code.
        parameters: the template's parameters. A text may name an address or a secret of the cloud, such as
            ``{oss}``; see :func:`aliyun_local.parameters.filled_in`.
        libraries: a folder of libraries that the functions find before this environment's.
        preloaded: modules that all instances import, loaded once for all of them.
        interpreter: the Python that runs the functions; None: this one.
    """

    template: Path
    code: Path
    parameters: Mapping[str, object] = field(default_factory=dict)
    libraries: Path | None = None
    preloaded: Sequence[str] = ()
    interpreter: Path | None = None


@dataclass(frozen=True, kw_only=True)
class CloudOptions:
    """How a local cloud runs.

    Attributes:
        data: the folder that keeps everything; None: a temporary one.
        disposable: the data folder begins empty; refused where it holds data that is to be kept.
        host: the address that all endpoints listen on; any other than loopback lets other machines in.
        ports: ports by endpoint; 0, or no entry, is any free one.
        behaviour: how the DashScope account behaves at first and after a reset.
        oss_behaviour: how the OSS account behaves at first and after a reset.
        ros_behaviour: how the ROS of the account behaves at first and after a reset.
        tick_seconds: the interval of all timer triggers; None leaves the template's.
        text_environment: a template that gives a function a number or a boolean as an environment variable is
            refused; else it becomes text. See :meth:`aliyun_local.template.Template.resolve`.
        default_domain: the HTTP trigger answers like ``*.fcapp.run`` and not like a domain of one's own; see
            :class:`~aliyun_local.function_compute.compute.FunctionCompute`.
    """

    data: Path | None = None
    disposable: bool = False
    host: str = LOOPBACK
    ports: Mapping[str, int] = field(default_factory=dict)
    behaviour: Behaviour = field(default_factory=Behaviour)
    oss_behaviour: OssBehaviour = field(default_factory=OssBehaviour)
    ros_behaviour: RosBehaviour = field(default_factory=RosBehaviour)
    tick_seconds: float | None = None
    text_environment: bool = True
    default_domain: bool = True
