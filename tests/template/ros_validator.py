"""Check (c): the ROS team's validator, which reads the template as it is written, with all its functions."""

from __future__ import annotations

from iac_code.tools.cloud.aliyun.ros_validation.model import (
    MaterializedTemplateSource,
    RequestValidationContext,
    ValidationPolicy,
)
from iac_code.tools.cloud.aliyun.ros_validation.validator import validate_ros_template


def findings(text: str) -> list[str]:
    """Return errors, warnings, and what the validator could not look at."""
    report = validate_ros_template(
        MaterializedTemplateSource(text),
        RequestValidationContext(action="ValidateTemplate"),
        policy=ValidationPolicy.STRICT,
    )
    found = [f"{one.code}: {one.summary} {one.detail} ({one.path})" for one in report.diagnostics]
    return [*found, *(["the analysis is incomplete"] if report.analysis_incomplete else [])]
