"""The question to Tablestore: whether it can be reached from where this runs, outside of a VPC."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from tests.live.question import Question, Seen
from tests.live.settings import ACCESS_KEY

if TYPE_CHECKING:
    from tests.live.run import Run

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import tablestore

TIMEOUT_SECONDS = 20


def internet(run: Run) -> Seen:
    """List the instance's tables through its public endpoint."""
    settings = run.settings
    client = tablestore.OTSClient(
        settings["OTS_ENDPOINT"],
        settings["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        settings["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        settings["OTS_INSTANCE"],
        sts_token=settings.get("ALIBABA_CLOUD_SECURITY_TOKEN") or None,
        socket_timeout=TIMEOUT_SECONDS,
        retry_policy=tablestore.retry.NoRetryPolicy(),
    )
    try:
        client.list_table()
    except tablestore.OTSServiceError as problem:
        denied = "by its network ACL" if "instance ACL" in str(problem.get_error_message()) else ""
        return Seen(f"No: it is refused with {problem.get_error_code()} {denied}".rstrip() + ".")
    except tablestore.OTSClientError:
        return Seen("No: there is no answer.")
    finally:
        client.connection.pool.clear()
    return Seen("Yes: its tables can be listed.")


QUESTIONS = (
    Question(
        name="tablestore-internet",
        words="Does the Tablestore instance answer outside of a VPC?",
        ask=internet,
        needs=(*ACCESS_KEY, "OTS_ENDPOINT", "OTS_INSTANCE"),
    ),
)
