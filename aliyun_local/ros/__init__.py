"""A local Resource Orchestration Service (API of 2019-09-10) that really deploys onto the local cloud.

``http`` is the wire. ``state`` keeps stacks and carries operations out, resource by resource. ``kinds``
makes the resources: buckets, instances, tables, Logstores and functions are those of the other emulators;
roles and alarms are recorded and have no effect. Templates are read by :mod:`aliyun_local.template`.
"""
