"""``template.yml`` and parameters with which it resolves, for tests of what it makes."""

from __future__ import annotations

from aliyun_local.template import Template
from local.packaging import ROOT

TEMPLATE = Template.from_file(ROOT / "template.yml")
PARAMETERS: dict[str, object] = {
    "BucketName": "photos",
    "InstanceName": "facechain",
    "CodeLayer": "acs:fc:cn-elsewhere:1:layers/c/versions/1",
    "DashScopeApiKey": "sk-1",
    "StatusToken": "t" * 16,
}
"""One value for each parameter that has no default."""
