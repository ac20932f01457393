"""Functions, triggers, limits, layers and domains, in the local Function Compute.

ROS, "ALIYUN::FC3::…": the properties are the members of the API of 2023-03-30, with a capital letter. Inside
of ``TriggerConfig`` and ``EnvironmentVariables`` names are the user's or the API's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from aliyun_local.function_compute.errors import FunctionNotFound, ResourceRefused
from aliyun_local.ros.kinds.base import Attributes, Kind, Properties, ResourceFailed, Services

_AS_THEY_ARE = frozenset({"TriggerConfig", "EnvironmentVariables"})
_SPELLINGS = {"CustomDNS": "customDNS", "OSSBucketName": "ossBucketName", "OSSObjectName": "ossObjectName"}


@contextmanager
def _in_words_of_the_service() -> Iterator[None]:
    try:
        yield
    except ResourceRefused as problem:
        raise ResourceFailed(problem.code, str(problem)) from problem
    except FunctionNotFound as problem:
        raise ResourceFailed("FunctionNotFound", str(problem)) from problem


class FunctionKind(Kind):
    """``ALIYUN::FC3::Function``."""

    naming = ("FunctionName",)

    def check_free(self, services: Services, properties: Properties, physical_id: str) -> None:
        """Leave it to CreateFunction, which refuses the name of a function."""

    def create(self, services: Services, properties: Properties, physical_id: str) -> str:
        """Create the function."""
        with _in_words_of_the_service():
            services.functions.create_function(_document(properties))
        return physical_id

    def update(self, services: Services, physical_id: str, before: Properties, after: Properties) -> None:
        """Change the function, and its code where that has changed."""
        given = _document(after)
        if before.get("Code") == after.get("Code"):
            given.pop("code", None)
        given.setdefault("layers", [])
        given.setdefault("environmentVariables", {})
        with _in_words_of_the_service():
            services.functions.update_function(physical_id, given)

    def delete(self, services: Services, physical_id: str, properties: Properties) -> None:
        """Delete the function."""
        with _in_words_of_the_service(), suppress(FunctionNotFound):
            services.functions.delete_function(physical_id)

    def exists(self, services: Services, physical_id: str, properties: Properties) -> bool:
        """Return whether there is such a function."""
        return services.functions.find_function(physical_id) is not None

    def attributes(self, services: Services, physical_id: str, properties: Properties) -> Attributes:
        """Return the function's ARN and id."""
        document = services.functions.find_function(physical_id) or {}
        return {
            "ARN": document.get("functionArn", ""),
            "FunctionId": document.get("functionId", ""),
            "FunctionName": physical_id,
        }


class TriggerKind(Kind):
    """``ALIYUN::FC3::Trigger``."""

    naming = ("FunctionName", "TriggerName")
    fixed = frozenset({"TriggerType", "SourceArn"})

    def check_free(self, services: Services, properties: Properties, physical_id: str) -> None:
        """Leave it to CreateTrigger, which refuses a name of the function's triggers."""

    def create(self, services: Services, properties: Properties, physical_id: str) -> str:
        """Create the trigger, unless its role is too new for OSS."""
        role = str(properties.get("InvocationRole", ""))
        made_at = services.role_created_at(role) if properties.get("TriggerType") == "oss" else None
        seconds = services.behaviour.role_propagation_seconds
        if made_at is not None and services.clock.now() < made_at + seconds:
            raise ResourceFailed("AccessDenied", f"OSS cannot assume the role {role} yet")
        function, _, _ = physical_id.partition(":")
        with _in_words_of_the_service():
            services.functions.create_trigger(function, _document(properties))
        return physical_id

    def update(self, services: Services, physical_id: str, before: Properties, after: Properties) -> None:
        """Change the trigger."""
        function, _, name = physical_id.partition(":")
        with _in_words_of_the_service():
            services.functions.update_trigger(function, name, _document(after))

    def delete(self, services: Services, physical_id: str, properties: Properties) -> None:
        """Delete the trigger."""
        function, _, name = physical_id.partition(":")
        if self.exists(services, physical_id, properties):
            with _in_words_of_the_service():
                services.functions.delete_trigger(function, name)

    def exists(self, services: Services, physical_id: str, properties: Properties) -> bool:
        """Return whether there is such a trigger."""
        function, _, name = physical_id.partition(":")
        return services.functions.find_trigger(function, name) is not None

    def attributes(self, services: Services, physical_id: str, properties: Properties) -> Attributes:
        """Return the trigger's id and its URLs, of which both are the same here."""
        function, _, name = physical_id.partition(":")
        document = services.functions.find_trigger(function, name) or {}
        found: Attributes = {"TriggerId": document.get("triggerId", ""), "TriggerName": name}
        if document.get("_url"):
            # Without the last slash: the URLs of Function Compute have none.
            url = str(document["_url"]).rstrip("/")
            found |= {"UrlInternet": url, "UrlIntranet": url}
        return found


class ConcurrencyKind(Kind):
    """``ALIYUN::FC3::ConcurrencyConfig``."""

    naming = ("FunctionName",)

    def check_free(self, services: Services, properties: Properties, physical_id: str) -> None:
        """Take a function that has the configuration already: PutConcurrencyConfig does."""

    def create(self, services: Services, properties: Properties, physical_id: str) -> str:
        """Reserve the instances."""
        with _in_words_of_the_service():
            services.functions.put_concurrency(physical_id, _document(properties))
        return physical_id

    def update(self, services: Services, physical_id: str, before: Properties, after: Properties) -> None:
        """Reserve another number."""
        self.create(services, after, physical_id)

    def delete(self, services: Services, physical_id: str, properties: Properties) -> None:
        """Reserve nothing any more."""
        with suppress(FunctionNotFound):
            services.functions.delete_concurrency(physical_id)


class AsynchronousKind(Kind):
    """``ALIYUN::FC3::AsyncInvokeConfig``."""

    naming = ("FunctionName",)
    fixed = frozenset({"Qualifier"})

    def check_free(self, services: Services, properties: Properties, physical_id: str) -> None:
        """Take a function that has the configuration already: PutAsyncInvokeConfig does."""

    def create(self, services: Services, properties: Properties, physical_id: str) -> str:
        """Say how invocations are retried."""
        with _in_words_of_the_service():
            services.functions.put_asynchronous(physical_id, _document(properties))
        return physical_id

    def update(self, services: Services, physical_id: str, before: Properties, after: Properties) -> None:
        """Say it anew."""
        self.create(services, after, physical_id)

    def delete(self, services: Services, physical_id: str, properties: Properties) -> None:
        """Retry as usual."""
        with suppress(FunctionNotFound):
            services.functions.delete_asynchronous(physical_id)


class LayerKind(Kind):
    """``ALIYUN::FC3::LayerVersion``: only its access can be updated; other code is another version."""

    fixed = frozenset({"LayerName", "Code", "CompatibleRuntime", "Description", "License"})

    def physical_id(self, properties: Properties, logical_id: str) -> str:
        """Return nothing: CreateLayerVersion gives the number."""
        return ""

    def check_free(self, services: Services, properties: Properties, physical_id: str) -> None:
        """Take any name: a layer has any number of versions."""

    def create(self, services: Services, properties: Properties, physical_id: str) -> str:
        """Publish the next version."""
        with _in_words_of_the_service():
            given = _document(properties)
            document = services.functions.create_layer_version(str(properties.get("LayerName", "")), given)
            self._put_access(services, properties)
        return str(document["layerVersionArn"])

    def update(self, services: Services, physical_id: str, before: Properties, after: Properties) -> None:
        """Change the layer's access."""
        with _in_words_of_the_service():
            self._put_access(services, after)

    def delete(self, services: Services, physical_id: str, properties: Properties) -> None:
        """Delete the version."""
        with suppress(ResourceRefused):
            document = services.functions.layer_by_arn(physical_id)
            services.functions.delete_layer_version(document["layerName"], document["version"])

    def attributes(self, services: Services, physical_id: str, properties: Properties) -> Attributes:
        """Return the version's ARN, number and size."""
        with _in_words_of_the_service():
            document = services.functions.layer_by_arn(physical_id)
        return {
            "LayerVersionArn": physical_id,
            "Version": str(document["version"]),
            "CodeSize": document["codeSize"],
            "CreateTime": document["createTime"],
        }

    @staticmethod
    def _put_access(services: Services, properties: Properties) -> None:
        if properties.get("Acl") is not None:
            services.functions.put_layer_acl(str(properties["LayerName"]), str(properties["Acl"]))


class DomainKind(Kind):
    """``ALIYUN::FC3::CustomDomain``."""

    naming = ("DomainName",)

    def check_free(self, services: Services, properties: Properties, physical_id: str) -> None:
        """Leave it to CreateCustomDomain, which refuses a name that it has."""

    def create(self, services: Services, properties: Properties, physical_id: str) -> str:
        """Record the domain."""
        with _in_words_of_the_service():
            services.functions.create_domain(_document(properties))
        return physical_id

    def update(self, services: Services, physical_id: str, before: Properties, after: Properties) -> None:
        """Change the domain."""
        with _in_words_of_the_service():
            services.functions.update_domain(physical_id, _document(after))

    def delete(self, services: Services, physical_id: str, properties: Properties) -> None:
        """Delete the domain."""
        with suppress(ResourceRefused):
            services.functions.delete_domain(physical_id)


def _document(properties: Properties) -> dict[str, Any]:
    """Return properties as a document of the API of 2023-03-30."""
    return {
        _SPELLINGS.get(name, name[:1].lower() + name[1:]): _value(name, value)
        for name, value in properties.items()
    }


def _value(name: str, value: Any) -> Any:
    if name in _AS_THEY_ARE:
        return value
    if isinstance(value, Mapping):
        return _document(value)
    if isinstance(value, list):
        return [_value("", item) for item in value]
    return value
