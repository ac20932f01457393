"""How tests steer a local cloud: reset, clock, faults, request log and state transitions.

- ``controls``: everything in one Python object, for a cloud in the same process.
- ``api`` (with ``fields`` and ``fault_fields``): the same as JSON over HTTP, for a cloud in another process.
- ``faults`` (with ``targets`` and ``error_answers``), ``transitions``: two of the controls.
- ``services``: the names of services and operations in them.
- ``errors``: the error of a control that cannot do what it is asked for.

The local clouds (:mod:`aliyun_local.mocking`, and the one that listens on loopback) make the controls; tests
use them.
"""

from aliyun_local.control.api import CONTROL_PATH, ControlledServer
from aliyun_local.control.controls import Controls
from aliyun_local.control.errors import ControlError
from aliyun_local.control.faults import ArmedFault, FaultControls
from aliyun_local.control.targets import Target
from aliyun_local.control.transitions import Transitions

__all__ = [
    "CONTROL_PATH",
    "ArmedFault",
    "ControlError",
    "ControlledServer",
    "Controls",
    "FaultControls",
    "Target",
    "Transitions",
]
