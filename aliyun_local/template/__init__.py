"""What is deployed, read from the one place that says so: a ROS template with ``ALIYUN::FC3::*`` resources.

The local cloud asks this package for functions, triggers, buckets and tables instead of keeping a list of its
own, so that a local run exercises the handlers, prefixes, schedules and limits that the stack will have.
``document`` reads a template, ``language`` evaluates it, ``views`` types the result as ``resources``.
"""

from aliyun_local.template.document import Template
from aliyun_local.template.errors import TemplateError
from aliyun_local.template.parameters import PSEUDO_PARAMETERS
from aliyun_local.template.resources import (
    AsyncConfig,
    Bucket,
    Column,
    Function,
    HttpTrigger,
    Instance,
    OssTrigger,
    Resources,
    SecondaryIndex,
    Table,
    TimerTrigger,
)

__all__ = [
    "PSEUDO_PARAMETERS",
    "AsyncConfig",
    "Bucket",
    "Column",
    "Function",
    "HttpTrigger",
    "Instance",
    "OssTrigger",
    "Resources",
    "SecondaryIndex",
    "Table",
    "Template",
    "TemplateError",
    "TimerTrigger",
]
