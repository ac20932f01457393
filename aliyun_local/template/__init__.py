"""ROS templates with ``ALIYUN::FC3::*`` resources: read, evaluated, and typed.

The local cloud asks this package for functions, triggers, buckets and tables instead of keeping a list of its
own, so that a local run exercises the handlers, prefixes, schedules and limits that the stack will have.

``document`` reads a template. ``language`` evaluates it, with the help of ``parameters``, ``attributes`` and
``values``. ``views`` reads the evaluated ``properties`` of every resource into the types of ``resources``.
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
    Logstore,
    OssTrigger,
    Resources,
    SecondaryIndex,
    Table,
    TablestoreInstance,
    TimerTrigger,
)

__all__ = [
    "PSEUDO_PARAMETERS",
    "AsyncConfig",
    "Bucket",
    "Column",
    "Function",
    "HttpTrigger",
    "Logstore",
    "OssTrigger",
    "Resources",
    "SecondaryIndex",
    "Table",
    "TablestoreInstance",
    "Template",
    "TemplateError",
    "TimerTrigger",
]
