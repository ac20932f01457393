"""The operator's commands: one stage of the product in one Aliyun account, from ``deploy`` to ``destroy``.

A stage is a ROS stack with its names, its code and what is remembered of it in ``.local/stages``.

- ``command_line`` reads the commands; ``context`` has what all of them need.
- ``deploying``, ``rolling_back``, ``destroying``, ``standing``, ``smoke``, ``doctor``, ``cost``, ``logs`` and
  ``opening`` are the commands.
- ``ros``, ``layers``, ``accounts``, ``stores`` and ``status_api`` call services, the first three by
  ``calls``.
- ``change_set``, ``events``, ``parameters``, ``names``, ``stage_file`` and ``secret_values`` decide and keep.
- ``output`` shows; ``errors`` has the exit statuses.
"""
