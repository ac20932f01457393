"""What a second of function time costs: to the domain, which weighs it, and to the operators' table.

List prices of the mainland, pay as you go. ``local/prices/table.py`` has every other price, and takes these
from here, since what is deployed cannot import it.
"""

from __future__ import annotations

CNY_A_UNIT = 0.000_11
"""Function Compute, billing overview, first tier (2025-12): CNY for a capacity unit."""
UNITS_A_VCPU_SECOND, UNITS_A_GB_SECOND, UNITS_A_DISK_GB_SECOND = 1, 0.15, 0.05
"""Function Compute, billing overview: an instance's resources are billed while it runs."""
VCPU, MEMORY_GB, DISK_GB = 0.35, 0.5, 0.5
"""The functions' size in ``template.yml``."""
UNITS_A_SECOND = UNITS_A_VCPU_SECOND * VCPU + UNITS_A_GB_SECOND * MEMORY_GB + UNITS_A_DISK_GB_SECOND * DISK_GB
CNY_A_SECOND = CNY_A_UNIT * UNITS_A_SECOND
"""0.0000495 CNY. The least that is billed for each hour of a function is left out: it is paid anyway."""
