"""Types of resources that are recorded and grant or do nothing, with attributes of their own."""

from __future__ import annotations

from aliyun_local.ros.kinds.base import Attributes, Kind, Properties, Services


class RoleKind(Kind):
    """``ALIYUN::RAM::Role``. Every function has all rights here, whatever its role says."""

    naming = ("RoleName",)

    def attributes(self, services: Services, physical_id: str, properties: Properties) -> Attributes:
        """Return the role's ARN and id."""
        return {
            "Arn": f"acs:ram::{services.account_id}:role/{physical_id.lower()}",
            "RoleId": physical_id,
            "RoleName": physical_id,
        }
