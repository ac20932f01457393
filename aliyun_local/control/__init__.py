"""How tests steer a local cloud: reset, clock, faults, request log and state transitions.

The same controls are Python objects (:class:`Controls`, for a cloud in the same process) and JSON over HTTP
(:class:`ControlledServer`, for a cloud in another one).
"""

from aliyun_local.control.api import CONTROL_PATH, ControlledServer
from aliyun_local.control.controls import Controls
from aliyun_local.control.errors import ControlError
from aliyun_local.control.faults import ArmedFault, FaultControls
from aliyun_local.control.transitions import Transitions

__all__ = [
    "CONTROL_PATH",
    "ArmedFault",
    "ControlError",
    "ControlledServer",
    "Controls",
    "FaultControls",
    "Transitions",
]
