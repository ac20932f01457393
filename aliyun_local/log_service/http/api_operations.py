"""The operations of the real API on projects, Logstores, indexes and entries (SLS, API 2020-12-30)."""

API_OPERATIONS = frozenset(
    {
        "CreateIndex",
        "CreateLogStore",
        "CreateProject",
        "DeleteIndex",
        "DeleteLogStore",
        "DeleteProject",
        "GetContextLogs",
        "GetCursor",
        "GetCursorTime",
        "GetHistograms",
        "GetIndex",
        "GetLogStore",
        "GetLogs",
        "GetLogsV2",
        "GetProject",
        "ListLogStores",
        "ListProject",
        "ListShards",
        "PullLogs",
        "PutLogs",
        "UpdateIndex",
        "UpdateLogStore",
        "UpdateProject",
    }
)
