"""The bill of materials beside a zip, under the schema of CycloneDX's own library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cyclonedx.schema
import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource

from local.bill_of_materials import bill_of_materials
from local.packaging import build_package
from local.runtimes import RUNTIMES

SCHEMAS = Path(str(cyclonedx.schema.__file__)).parent / "_res"


def schema(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((SCHEMAS / f"{name}.SNAPSHOT.schema.json").read_text("utf-8"))
    return document


@pytest.fixture(scope="module")
def validator() -> Draft7Validator:
    # The schema of a bill names the other two as files beside it.
    beside = {f"{name}.SNAPSHOT.schema.json": schema(name) for name in ("spdx", "jsf-0.82")}
    resources = [(f"http://cyclonedx.org/schema/{name}", one) for name, one in beside.items()]
    resources += list(beside.items())
    registry = Registry().with_resources([(name, Resource.from_contents(one)) for name, one in resources])
    return Draft7Validator(schema("bom-1.5"), registry=registry)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_bill_of_materials_is_one_of_cyclonedx_1_5(runtime: str, validator: Draft7Validator) -> None:
    bill = json.loads(bill_of_materials(build_package(runtime=RUNTIMES[runtime]), "1.0.0"))
    assert [error.message for error in validator.iter_errors(bill)] == []


def test_the_schema_refuses_a_licence_that_spdx_does_not_know(validator: Draft7Validator) -> None:
    bill = json.loads(bill_of_materials(build_package(), "1.0.0"))
    bill["components"][0]["licenses"] = [{"license": {"id": "Apache"}}]
    assert list(validator.iter_errors(bill))
