"""Checks of ``template.yml`` that no tool of Aliyun's makes: what this product needs of its own stack.

``make template`` runs them beside the ROS team's tools. They need no account and none of those tools, so that
a deployment can run them before its first call. ``findings`` runs all.
"""

from local.template_checks.all_checks import findings

__all__ = ["findings"]
