"""How tests steer a local cloud: reset, clock, faults, request log and state transitions.

The same controls are Python objects (:class:`Controls`, for a cloud in the same process) and JSON over HTTP
(:class:`ControlledServer`, for a cloud in another one).
"""

from local.control.api import CONTROL_PATH, ControlledServer
from local.control.controls import Controls
from local.control.errors import ControlError
from local.control.faults import ArmedFault, FaultControls
from local.control.transitions import Transitions

__all__ = [
    "CONTROL_PATH",
    "ArmedFault",
    "ControlError",
    "ControlledServer",
    "Controls",
    "FaultControls",
    "Transitions",
]
