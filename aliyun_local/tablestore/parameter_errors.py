"""The messages of Tablestore's ``OTSParameterInvalid``, for :mod:`aliyun_local.tablestore.error_table`.

Each tuple holds the messages for one part of a request. "Tablestore, Error codes" lists most of them; the
rest are those that the tests of the vendor's clients expect, and a few of the emulator's own.
"""

from __future__ import annotations

ANY_REQUEST = (
    "Parse PBMessage from RawString failed.",
    "Missing header: '{name}'.",
    "Unsupported operation: '{operation}'.",
    "Invalid date format: {date}.",
    "Invalid table name: '{name}'.",
    "Invalid instance name: '{name}'.",
)
ROWS = (
    "Cell data broken, {reason}.",
    "data format is invalid, unknown variant type occured.",
    "{number} can't be set to double value.",
    "Value of column '{name}' must be UTF8 encoding.",
    "Invalid op type of cell: {number}.",
    "No value is given for primary key name:'{name}'.",
    "OpType cannot be given for primary key name :'{name}'.",
    "Timestamp cannot be given for primary key name:'{name}'.",
    "Invalid column name: '{name}'.",
    "Duplicated primary key name: '{name}'.",
    "{type} is an invalid type for the primary key.",
    "The number of primary key columns must be in range: [{least}, {most}].",
    "The length of primary key column: '{name}' exceeds the MaxLength:{most} with CurrentLength:{length}.",
)
FILTERS = (
    "Deserialize filter failed.",
    "Deserialize relation filter failed.",
    "Deserialize composite filter failed.",
    "Deserialize column pagination filter failed.",
    "Invalid type of filter: {type}.",
    "Invalid type of sub-filter: {type}.",
    "Invalid NOT operator: the number of sub-filters must be 1.",
    "Invalid AND/OR operator: the number of sub-filters must be 2.",
    "Offset in ColumnPaginationFilter must be greater than or equal to 0.",
    "Limit in ColumnPaginationFilter must be greater than 0.",
    "The count of filter exceeds the max: {most}.",
    "Invalid regex: '{regex}'.",
    "The length of regex must be in range: [{least}, {most}], actual: {length}.",
    "Invalid cast type of value transfer rule: {type}.",
)
TRANSACTIONS = (
    "TransactionID is invalid.",
    "Try to call method using explicit transaction on explicit-transaction-disabled table.",
)
READING = (
    "Attribute column cannot be given while reading data.",
    "Delete marker cannot be given.",
    "PKAutoIncr can't be used for read operations.",
    "No version condition is specified.",
    "No version condition is specified while querying row.",
    "Invalid max versions: {count}. Reason: Max versions must be positive.",
    "Start and end time must be given at the same time.",
    "Specific tiemstamp and time range cannot be given at the same time.",
    "Specific timestamp cannot be less than 0.",
    "Timestamp must be in range [0, INT64_MAX/1000).",
    "Invalid token.",
    "The number of columns from the request exceeds the limit, limit count: {most}, column count: {count}.",
)
RANGES = (
    "The limit must be greater than 0.",
    "Begin key must less than end key in FORWARD",
    "Begin key must more than end key in BACKWARD",
)
WRITING = (
    "Duplicated attribute column name with primary key column: '{name}'.",
    "{type} is an invalid type for the attribute column.",
    "The length of attribute column: '{name}' exceeds the MaxLength:{most} with CurrentLength:{length}.",
    "The number of attribute columns exceeds the limit, limit count: {most}, column count: {count}.",
    "Invalid cell: {name}. Reason: missing value.",
    "Timestamp must be in range [0, INT64_MAX/1000).",
    "Timestamp cannot be given for column '{name}' of table with index.",
    "Invalid timestamp. Cell:{name}.",
    "The total data size of {operation} request exceeds the limit, limit size: {most}, data size: {size}.",
    "Can't write index table directly.",
    "Invalid expect: {expected} when modify row with pk auto increment.",
    "Invalid expect: {expected} when modify a specific row for table with pk auto increment.",
    "Can't set condition when modify row with pk auto increment.",
)
PUTTING = (
    "OpType cannot be given for column name:'{name}' in PutRow.",
    "Invalid request of put/update row: unexpected RowDeleteMarker in request.",
)
UPDATING = (
    "Invalid request of put/update row: unexpected RowDeleteMarker in request.",
    "Invalid update row request: missing cells in request.",
    "Column '{name}' can only be incremented by an integer.",
    "Column '{name}' cannot be incremented and changed otherwise in one request.",
    "Column '{name}' is not an integer and cannot be incremented.",
    "Increment of column '{name}' overflows.",
    "Column value cannot be given when type is DELETE_ONE_VERSION,DELETE_ALL_VERSION.",
    "Timestamp must be given when type is DELETE_ONE_VERSION.",
    "Timestamp cannot be given when type is DELETE_ALL_VERSION.",
    "Table '{name}' does not allow update operation.",
)
DELETING = (
    "Invalid request of delete row: missing RowDeleteMarker in request.",
    "Invalid delete row request: unexpected cells in request.",
    "Invalid row to delete which with pk auto increment.",
)
READING_BATCHES = (
    "No row specified in the request of BatchGetRow.",
    "Rows count exceeds the upper limit: {most}.",
    "Duplicated table name: '{name}'.",
)
WRITING_BATCHES = (
    "No row is specified in BatchWriteRow.",
    "No operation is specified for table: '{name}'.",
    "Attribute column is missing.",
    "Rows count exceeds the upper limit: {most}.",
    "Duplicated table name: '{name}'.",
    "Duplicate rows detected in MultiPut.",
    "Repeated rows do not support row exist expectation check in BatchModify.",
    "Repeated rows do not support row condition check in BatchModify.",
)
