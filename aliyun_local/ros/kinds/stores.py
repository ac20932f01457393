"""Buckets, Tablestore instances, tables and Logstores, in the local services.

ROS, "ALIYUN::OSS::Bucket", "ALIYUN::OTS::InstanceV2", "ALIYUN::OTS::Table". A bucket's settings other than
its ACL have no effect here, as :mod:`aliyun_local.oss.state.configurations` says.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aliyun_local.oss.errors import OssError
from aliyun_local.ros.kinds.base import Attributes, Kind, Properties, ResourceFailed, Services
from aliyun_local.tablestore.errors import TableStoreError
from aliyun_local.tablestore.store.declared import create_declared
from aliyun_local.template import Table, TemplateError
from aliyun_local.template.properties import Properties as TypedProperties
from aliyun_local.template.views import table_of


@contextmanager
def _in_words_of_the_service() -> Iterator[None]:
    try:
        yield
    except OssError as problem:
        raise ResourceFailed(problem.code, problem.message) from problem
    except TableStoreError as problem:
        raise ResourceFailed(problem.code, problem.message) from problem
    except TemplateError as problem:
        raise ResourceFailed("InvalidParameter", str(problem)) from problem


class BucketKind(Kind):
    """``ALIYUN::OSS::Bucket``."""

    naming = ("BucketName",)
    fixed = frozenset({"StorageClass", "RedundancyType", "DataRedundancyType"})

    def check_free(self, services: Services, properties: Properties, physical_id: str) -> None:
        """Refuse the name of a bucket, of this account or another."""
        if self.exists(services, physical_id, properties):
            raise ResourceFailed("BucketAlreadyExists", "The requested bucket name is not available.")

    def create(self, services: Services, properties: Properties, physical_id: str) -> str:
        """Make the bucket."""
        with _in_words_of_the_service():
            services.objects.create_bucket(
                physical_id, region=services.region, acl=properties.get("AccessControl", "private")
            )
        return physical_id

    def update(self, services: Services, physical_id: str, before: Properties, after: Properties) -> None:
        """Change the ACL."""
        with _in_words_of_the_service():
            services.objects.set_bucket_acl(physical_id, after.get("AccessControl", "private"))

    def delete(self, services: Services, physical_id: str, properties: Properties) -> None:
        """Delete the bucket, which must be empty."""
        if self.exists(services, physical_id, properties):
            with _in_words_of_the_service():
                services.objects.delete_bucket(physical_id)

    def exists(self, services: Services, physical_id: str, properties: Properties) -> bool:
        """Return whether there is such a bucket."""
        try:
            services.objects.bucket(physical_id)
        except OssError:
            return False
        return True


class InstanceKind(Kind):
    """``ALIYUN::OTS::InstanceV2`` and its predecessor."""

    naming = ("InstanceName",)
    fixed = frozenset({"ClusterType"})

    def check_free(self, services: Services, properties: Properties, physical_id: str) -> None:
        """Refuse a name that is taken in the region (Tablestore, "CreateInstance")."""
        if services.tables.has_instance(physical_id):
            message = f"The instance {physical_id} already exists."
            raise ResourceFailed("OTSObjectAlreadyExist", message)

    def create(self, services: Services, properties: Properties, physical_id: str) -> str:
        """Make the instance."""
        with _in_words_of_the_service():
            services.tables.create_instance(physical_id)
        return physical_id

    def delete(self, services: Services, physical_id: str, properties: Properties) -> None:
        """Delete the instance, which must have no tables."""
        if services.tables.list_tables(physical_id):
            raise ResourceFailed("InstanceNotEmpty", f"The instance {physical_id} has tables.")
        services.tables.delete_instance(physical_id)

    def exists(self, services: Services, physical_id: str, properties: Properties) -> bool:
        """Return whether there is such an instance."""
        return services.tables.has_instance(physical_id)

    def attributes(self, services: Services, physical_id: str, properties: Properties) -> Attributes:
        """Return the endpoints."""
        region = services.region
        return {
            "PublicEndpoint": f"https://{physical_id}.{region}.ots.aliyuncs.com",
            "PrivateEndpoint": f"https://{physical_id}.{region}.ots-internal.aliyuncs.com",
        }


class TableKind(Kind):
    """``ALIYUN::OTS::Table``."""

    naming = ("InstanceName", "TableName")
    fixed = frozenset({"PrimaryKey", "Columns", "SecondaryIndices"})

    def check_free(self, services: Services, properties: Properties, physical_id: str) -> None:
        """Refuse a name that the instance has already."""
        if self.exists(services, physical_id, properties):
            raise ResourceFailed("OTSObjectAlreadyExist", "Requested table already exists.")

    def create(self, services: Services, properties: Properties, physical_id: str) -> str:
        """Make the table with its indexes."""
        with _in_words_of_the_service():
            table = _table(properties)
            if not services.tables.has_instance(table.instance):
                raise ResourceFailed("OTSParameterInvalid", f"The instance {table.instance} is not found.")
            create_declared(services.tables, table)
        return physical_id

    def update(self, services: Services, physical_id: str, before: Properties, after: Properties) -> None:
        """Change the options of the table."""
        with _in_words_of_the_service():
            table = _table(after)
            services.tables.update_table(
                table.instance,
                table.name,
                time_to_live_seconds=table.time_to_live_seconds,
                max_versions=table.max_versions,
                max_deviation_seconds=table.max_deviation_seconds,
            )

    def delete(self, services: Services, physical_id: str, properties: Properties) -> None:
        """Delete the table with its rows and indexes."""
        if self.exists(services, physical_id, properties):
            instance, _, name = physical_id.partition(":")
            with _in_words_of_the_service():
                services.tables.delete_table(instance, name)

    def exists(self, services: Services, physical_id: str, properties: Properties) -> bool:
        """Return whether there is such a table."""
        instance, _, name = physical_id.partition(":")
        return services.tables.has_instance(instance) and name in services.tables.list_tables(instance)


class LogstoreKind(Kind):
    """``ALIYUN::SLS::Logstore``: what functions log and clients append goes there, and is gone with it."""

    naming = ("ProjectName", "LogstoreName")

    def create(self, services: Services, properties: Properties, physical_id: str) -> str:
        """Make the Logstore."""
        project, _, name = physical_id.partition(":")
        services.logs.create_logstore(project, name, days=_days(properties))
        return physical_id

    def update(self, services: Services, physical_id: str, before: Properties, after: Properties) -> None:
        """Change for how long entries are kept."""
        project, _, name = physical_id.partition(":")
        services.logs.create_logstore(project, name, days=_days(after))

    def delete(self, services: Services, physical_id: str, properties: Properties) -> None:
        """Delete the Logstore with its entries."""
        project, _, name = physical_id.partition(":")
        services.logs.delete_logstore(project, name)


def _days(properties: Properties) -> int:
    return TypedProperties("Properties", properties).number("TTL", 30, 1, 3650)


def _table(properties: Properties) -> Table:
    return table_of(TypedProperties("Properties", properties))
