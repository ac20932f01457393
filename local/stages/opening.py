"""``open``: the pages of a stage, or its stack in ROS's console, in a browser."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable

from local.stages.context import Context
from local.stages.events import console_url


def address_of(context: Context, what: str) -> str:
    """Return the address of the pages, the stack, the logs or the functions; none has a token in it.

    Raises:
        NotStarted: the stage is not deployed.
    """
    stack = context.needed_stack()
    app = stack.parameters.get("AppName") or context.names.app
    if what == "stack":
        return console_url(stack.stack_id)
    if what == "logs":
        project = f"{app}-{context.caller.account_id}"
        return f"https://sls.console.aliyun.com/lognext/project/{project}/logsearch/functions"
    if what == "functions":
        return f"https://fcnext.console.aliyun.com/cn-beijing/functions/{app}-reconcile"
    url = stack.outputs.get("PagesUrl") or stack.outputs.get("StatusUrl", "")
    return f"{url.rstrip('/')}/"


def open_address(address: str, browse: Callable[[str], bool] = webbrowser.open) -> bool:
    """Open an address; returns whether there is a browser here."""
    try:
        return bool(browse(address))
    except webbrowser.Error:
        return False
