"""What a refused request tells, as this client hands it on."""

from __future__ import annotations

from collections.abc import Callable

import alibabacloud_oss_v2 as oss
import pytest


def refused(call: Callable[[], object]) -> oss.exceptions.ServiceError:
    """Return the service's error that ``call`` ends with."""
    with pytest.raises(oss.exceptions.OperationError) as error:
        call()
    problem = error.value.unwrap()
    assert isinstance(problem, oss.exceptions.ServiceError), problem
    assert len(problem.request_id) == 24
    return problem
