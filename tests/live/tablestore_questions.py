"""The question to Tablestore: whether it can be reached from where this runs, outside of a VPC."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.live.question import Question, Seen
from tests.live.settings import ACCESS_KEY
from tests.live.tables import OTSClientError, OTSServiceError, client_of

if TYPE_CHECKING:
    from tests.live.run import Run


def internet(run: Run) -> Seen:
    """List the instance's tables through its public endpoint."""
    try:
        with client_of(run.settings) as client:
            client.list_table()
    except OTSServiceError as problem:
        denied = "by its network ACL" if "instance ACL" in str(problem.get_error_message()) else ""
        return Seen(f"No: it is refused with {problem.get_error_code()} {denied}".rstrip() + ".")
    except OTSClientError:
        return Seen("No: there is no answer.")
    return Seen("Yes: its tables can be listed.")


QUESTIONS = (
    Question(
        name="tablestore-internet",
        words="Does the Tablestore instance answer outside of a VPC?",
        ask=internet,
        needs=(*ACCESS_KEY, "OTS_ENDPOINT", "OTS_INSTANCE"),
    ),
)
