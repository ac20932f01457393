"""Check (a): the ROS team's classes of resource types take the resolved properties (ros-cdk, by way of Node).

Names of properties are compared here, since the classes leave out what they do not know. Types are checked by
the classes in Python, ranges and allowed values in Node when the template is written.
"""

from __future__ import annotations

import collections.abc
import importlib
import os
import tempfile
import typing
from collections.abc import Mapping
from typing import Any

# Debian's Node is not always of the versions that jsii was tested with; it would say so at every start.
os.environ.setdefault("JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION", "1")
os.environ.setdefault("JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION", "1")

import ros_cdk_core

from aliyun_local.template import Resources


def findings(document: Mapping[str, Any], resources: Resources) -> list[str]:
    """Return what the classes say against the resources."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        app = ros_cdk_core.App(outdir=folder)
        for name, properties in resources.properties.items():
            stack = ros_cdk_core.Stack(app, name)
            try:
                _, product, kind = document["Resources"][name]["Type"].split("::")
                module = importlib.import_module(f"ros_cdk_{product.lower()}")
                made = _structure(getattr(module, f"Ros{kind}Props"), properties, f"Resources.{name}")
                getattr(module, f"Ros{kind}")(stack, name, made, True)
            except (ImportError, AttributeError, ValueError):
                found.append(f"Resources.{name}: unknown resource type {document['Resources'][name]['Type']}")
            except Exception as problem:  # TypeError, typeguard's and Node's own
                found.append(f"Resources.{name}: {problem}")
        if not found:
            try:
                app.synth()
            except Exception as problem:  # whatever Node says
                found.append(str(problem))
    return found


def _structure(kind: Any, values: Mapping[str, Any], place: str) -> Any:
    """Return the structure ``kind`` of ``values``, whose names begin with a capital as ROS has them."""
    names = {api.lower(): python for python, api in kind.__jsii_name_mapping__.items()}
    hints = typing.get_type_hints(kind.__init__)
    given = {}
    for name, value in values.items():
        python = names.get(name.lower())
        if python is None or _ros_name(kind.__jsii_name_mapping__[python]) != name:
            raise TypeError(f"{place}.{name}: unknown property of {kind.__name__}")
        given[python] = _value(hints[python], value, f"{place}.{name}")
    return kind(**given)


def _ros_name(api: str) -> str:
    """Return ROS's spelling of a property: ``memorySize`` is MemorySize, ``ttl`` is TTL."""
    return {"ttl": "TTL", "id": "ID", "sseAlgorithm": "SSEAlgorithm", "networkTypeAcl": "NetworkTypeACL"}.get(
        api, api[:1].upper() + api[1:]
    )


def _value(hint: Any, value: Any, place: str) -> Any:
    options = [hint, *typing.get_args(hint)]
    options += [inner for option in typing.get_args(hint) for inner in typing.get_args(option)]
    structure = next((one for one in options if hasattr(one, "__jsii_name_mapping__")), None)
    if isinstance(value, Mapping) and structure is not None:
        return _structure(structure, value, place)
    if isinstance(value, list):
        lists = [one for one in options if typing.get_origin(one) is collections.abc.Sequence]
        if lists:
            (item,) = typing.get_args(lists[0])
            return [_value(item, one, f"{place}[{number}]") for number, one in enumerate(value)]
    return value
