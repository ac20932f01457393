"use strict";

// The Node client of Tablestore against the local one; its codec and its protobuf library are its own.

const assert = require("node:assert/strict");
const { after, before, describe, test } = require("node:test");
const TableStore = require("tablestore");

const { Condition, Long, RowExistenceExpectation, SingleColumnCondition, CompositeCondition } = TableStore;

const open = (options = {}) =>
  new TableStore.Client({
    endpoint: process.env.OTS_ENDPOINT,
    instancename: process.env.OTS_INSTANCE,
    accessKeyId: process.env.ALIBABA_CLOUD_ACCESS_KEY_ID,
    secretAccessKey: process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
    maxRetries: 0,
    ...options,
  });
const client = open();

const always = () => new Condition(RowExistenceExpectation.IGNORE, null);
const there = (column = null) => new Condition(RowExistenceExpectation.EXPECT_EXIST, column);
const absent = () => new Condition(RowExistenceExpectation.EXPECT_NOT_EXIST, null);
const number = (value) => Long.fromNumber(value);
const key = (person, revision) => [{ person }, { revision: number(revision) }];

/** A row's columns as a plain object, with 64-bit numbers as numbers. */
function columns(row) {
  const plain = (value) => (typeof value?.toNumber === "function" ? value.toNumber() : value);
  return Object.fromEntries((row.attributes || []).map((each) => [each.columnName, plain(each.columnValue)]));
}

const refused = (status, code) => (error) => {
  assert.equal(error.code, status);
  assert.match(error.message, new RegExp(code));
  return true;
};

const definition = (tableName, more = {}) => ({
  tableMeta: {
    tableName,
    primaryKey: [
      { name: "person", type: "STRING" },
      { name: "revision", type: "INTEGER" },
    ],
    ...more.tableMeta,
  },
  reservedThroughput: { capacityUnit: { read: 0, write: 0 } },
  tableOptions: { timeToLive: -1, maxVersions: 3, ...more.tableOptions },
  ...more.request,
});

describe("tables", () => {
  test("a table is created, listed, described, changed and deleted", async () => {
    await client.createTable(definition("node_tables"));
    await assert.rejects(client.createTable(definition("node_tables")), refused(409, "OTSObjectAlreadyExist"));
    assert.ok((await client.listTable({})).tableNames.includes("node_tables"));
    const described = await client.describeTable({ tableName: "node_tables" });
    assert.deepEqual(described.tableMeta.primaryKey.map((each) => each.name), ["person", "revision"]);
    assert.equal(described.tableOptions.maxVersions, 3);
    await client.updateTable({ tableName: "node_tables", tableOptions: { maxVersions: 5, timeToLive: 86400 } });
    const changed = await client.describeTable({ tableName: "node_tables" });
    assert.equal(changed.tableOptions.maxVersions, 5);
    assert.equal(changed.tableOptions.timeToLive, 86400);
    await client.deleteTable({ tableName: "node_tables" });
    await assert.rejects(client.describeTable({ tableName: "node_tables" }), refused(404, "OTSObjectNotExist"));
  });

  test("a secondary index is made with its table, read, added and dropped", async () => {
    const tableName = "node_indexed";
    const definedColumn = [
      { name: "state", type: TableStore.DefinedColumnType.DCT_STRING },
      { name: "photos", type: TableStore.DefinedColumnType.DCT_INTEGER },
    ];
    const by = (name, first, more) => ({ name, primaryKey: [first], definedColumn: more });
    const indexed = {
      tableMeta: { definedColumn },
      tableOptions: { maxVersions: 1 },
      request: { indexMetas: [by("node_by_state", "state", ["photos"])] },
    };
    await client.createTable(definition(tableName, indexed));
    assert.equal((await client.describeTable({ tableName })).indexMetas.length, 1);
    await client.putRow({
      tableName,
      condition: always(),
      primaryKey: key("li-lei", 1),
      attributeColumns: [{ state: "QUEUED" }, { photos: number(3) }],
    });
    const read = await client.getRow({
      tableName: "node_by_state",
      primaryKey: [{ state: "QUEUED" }, ...key("li-lei", 1)],
    });
    assert.deepEqual(columns(read.row), { photos: 3 });
    await client.createIndex({
      mainTableName: tableName,
      indexMeta: by("node_by_photos", "photos", ["state"]),
      includeBaseData: true,
    });
    assert.equal((await client.describeTable({ tableName })).indexMetas.length, 2);
    for (const indexName of ["node_by_photos", "node_by_state"]) await client.dropIndex({ mainTableName: tableName, indexName });
    assert.equal((await client.describeTable({ tableName })).indexMetas.length, 0);
    await client.deleteTable({ tableName });
  });

  test("an automatic column numbers rows and tells the number", async () => {
    const tableName = "node_numbered";
    const primaryKey = [
      { name: "person", type: "STRING" },
      { name: "revision", type: "INTEGER", option: "AUTO_INCREMENT" },
    ];
    await client.createTable(definition(tableName, { tableMeta: { primaryKey } }));
    const put = () =>
      client.putRow({
        tableName,
        condition: always(),
        primaryKey: [{ person: "li-lei" }, { revision: TableStore.PK_AUTO_INCR }],
        attributeColumns: [{ a: "b" }],
        returnContent: { returnType: TableStore.ReturnType.Primarykey },
      });
    const [first, second] = [await put(), await put()];
    assert.ok(second.row.primaryKey[1].value.toNumber() > first.row.primaryKey[1].value.toNumber());
    await client.deleteTable({ tableName });
  });
});

describe("rows", () => {
  const tableName = "node_rows";
  const put = (primaryKey, attributeColumns, condition = always(), more = {}) =>
    client.putRow({ tableName, condition, primaryKey, attributeColumns, ...more });
  const get = (primaryKey, more = {}) => client.getRow({ tableName, primaryKey, maxVersions: 1, ...more });
  const update = (primaryKey, updateOfAttributeColumns, condition = always(), more = {}) =>
    client.updateRow({ tableName, condition, primaryKey, updateOfAttributeColumns, ...more });
  const remove = (primaryKey, condition = always(), more = {}) =>
    client.deleteRow({ tableName, condition, primaryKey, ...more });

  before(() => client.createTable(definition(tableName)));
  after(() => client.deleteTable({ tableName }));

  test("values of every type come back as they went", async () => {
    const binary = Buffer.from([0, 1, 255]);
    const sent = [{ a: "照片" }, { b: number(-7) }, { c: 3.25 }, { d: true }, { e: binary }, { f: "" }];
    const answer = await put(key("韩梅梅", 1), sent);
    assert.equal(answer.consumed.capacityUnit.write, 1);
    const { row } = await get(key("韩梅梅", 1));
    assert.deepEqual(row.primaryKey.map((each) => each.name), ["person", "revision"]);
    assert.equal(row.primaryKey[0].value, "韩梅梅");
    const { e, ...others } = columns(row);
    assert.deepEqual(others, { a: "照片", b: -7, c: 3.25, d: true, f: "" });
    assert.deepEqual(Buffer.from(e), binary);
    const some = await get(key("韩梅梅", 1), { columnsToGet: ["c"] });
    assert.deepEqual(columns(some.row), { c: 3.25 });
  });

  test("a row that is not there reads as nothing", async () => {
    assert.deepEqual((await get(key("nobody", 1))).row, {});
  });

  test("rows are changed column by column, by version and by increment", async () => {
    await put(key("changed", 1), [{ a: "1", timestamp: Date.now() }, { b: "2" }, { count: number(5) }]);
    await update(key("changed", 1), [{ PUT: [{ c: "3" }] }, { DELETE_ALL: ["b"] }]);
    assert.deepEqual(columns((await get(key("changed", 1))).row), { a: "1", c: "3", count: 5 });
    const answer = await update(key("changed", 1), [{ INCREMENT: [{ count: number(2) }] }], there(), {
      returnContent: { returnColumns: ["count"], returnType: TableStore.ReturnType.AfterModify },
    });
    assert.deepEqual(columns(answer.row), { count: 7 });
    const versions = await get(key("changed", 1), { maxVersions: 3, columnsToGet: ["count"] });
    assert.equal(versions.row.attributes.length, 2);
    await remove(key("changed", 1));
    assert.deepEqual((await get(key("changed", 1))).row, {});
  });

  test("a condition on the row or on columns decides whether a write happens", async () => {
    const failed = refused(403, "OTSConditionCheckFail");
    await put(key("guarded", 1), [{ state: "QUEUED" }, { photos: number(3) }], absent());
    await assert.rejects(put(key("guarded", 1), [{ state: "x" }], absent()), failed);
    await assert.rejects(update(key("guarded", 2), [{ PUT: [{ a: "b" }] }], there()), failed);
    const is = (state) => new SingleColumnCondition("state", state, TableStore.ComparatorType.EQUAL);
    const queued = new CompositeCondition(TableStore.LogicalOperator.AND);
    queued.addSubCondition(is("QUEUED"));
    queued.addSubCondition(new SingleColumnCondition("photos", number(2), TableStore.ComparatorType.GREATER_THAN));
    await assert.rejects(update(key("guarded", 1), [{ PUT: [{ state: "y" }] }], there(is("TRAINING"))), failed);
    await update(key("guarded", 1), [{ PUT: [{ state: "SUBMITTING" }] }], there(queued));
    await assert.rejects(remove(key("guarded", 1), there(queued)), failed);
    const negated = new CompositeCondition(TableStore.LogicalOperator.NOT);
    negated.addSubCondition(is("QUEUED"));
    await remove(key("guarded", 1), there(negated));
  });

  test("a filter keeps rows out of the answer, and a missing column passes only if asked to", async () => {
    await put(key("filtered", 1), [{ state: "DONE" }]);
    const filter = (value, passIfMissing, column = "state") =>
      new SingleColumnCondition(column, value, TableStore.ComparatorType.EQUAL, passIfMissing);
    assert.deepEqual(columns((await get(key("filtered", 1), { columnFilter: filter("DONE", false) })).row), { state: "DONE" });
    assert.deepEqual((await get(key("filtered", 1), { columnFilter: filter("OPEN", false) })).row, {});
    assert.deepEqual((await get(key("filtered", 1), { columnFilter: filter("x", false, "none") })).row, {});
    assert.deepEqual(columns((await get(key("filtered", 1), { columnFilter: filter("x", true, "none") })).row), { state: "DONE" });
  });

  test("a range is read page by page, either way", async () => {
    for (let revision = 1; revision <= 5; revision += 1) await put(key("paged", revision), [{ n: number(revision) }]);
    const edge = (value) => [{ person: "paged" }, { revision: value }];
    const scan = async (direction, start, end) => {
      const found = [];
      let next = edge(start);
      while (next) {
        const page = await client.getRange({
          tableName,
          direction,
          maxVersions: 1,
          limit: 2,
          inclusiveStartPrimaryKey: next,
          exclusiveEndPrimaryKey: edge(end),
        });
        found.push(...page.rows.map((row) => columns(row).n));
        next = page.nextStartPrimaryKey && page.nextStartPrimaryKey.map((each) => ({ [each.name]: each.value }));
      }
      return found;
    };
    assert.deepEqual(await scan(TableStore.Direction.FORWARD, TableStore.INF_MIN, TableStore.INF_MAX), [1, 2, 3, 4, 5]);
    assert.deepEqual(await scan(TableStore.Direction.BACKWARD, TableStore.INF_MAX, TableStore.INF_MIN), [5, 4, 3, 2, 1]);
    assert.deepEqual(await scan(TableStore.Direction.FORWARD, number(2), number(4)), [2, 3]);
  });

  test("a batch writes and reads many rows, each with an outcome of its own", async () => {
    await put(key("batch", 1), [{ a: "old" }]);
    const written = await client.batchWriteRow({
      tables: [
        {
          tableName,
          rows: [
            { type: "UPDATE", condition: there(), primaryKey: key("batch", 1), attributeColumns: [{ PUT: [{ a: "new" }] }] },
            { type: "PUT", condition: absent(), primaryKey: key("batch", 2), attributeColumns: [{ a: "2" }] },
            { type: "PUT", condition: there(), primaryKey: key("batch", 3), attributeColumns: [{ a: "3" }] },
            { type: "DELETE", condition: always(), primaryKey: key("batch", 4) },
          ],
        },
      ],
    });
    const outcomes = written.tables.flat();
    assert.deepEqual(outcomes.map((each) => each.isOk), [true, true, false, true]);
    assert.equal(outcomes[2].errorCode, "OTSConditionCheckFail");
    const read = await client.batchGetRow({
      tables: [{ tableName, maxVersions: 1, primaryKey: [key("batch", 1), key("batch", 2), key("batch", 3)] }],
    });
    const [rows] = read.tables;
    assert.deepEqual(rows.map((each) => each.isOk), [true, true, true]);
    assert.deepEqual(rows.map((each) => (each.attributes || []).map((one) => one.columnValue)), [["new"], ["2"], []]);
  });

  test("a transaction shows its writes to itself, and to all once it commits", async () => {
    const begin = async () =>
      (await client.startLocalTransaction({ tableName, primaryKey: [{ person: "owned" }] })).transactionId;
    const transactionId = await begin();
    await put(key("owned", 1), [{ a: "b" }], always(), { transactionId });
    assert.deepEqual((await get(key("owned", 1))).row, {});
    assert.deepEqual(columns((await get(key("owned", 1), { transactionId })).row), { a: "b" });
    await assert.rejects(put(key("owned", 1), [{ a: "c" }]), refused(409, "OTSRowOperationConflict"));
    await client.commitTransaction({ transactionId });
    assert.deepEqual(columns((await get(key("owned", 1))).row), { a: "b" });
    await assert.rejects(client.commitTransaction({ transactionId }), refused(404, "OTSSessionNotExist"));

    const dropped = await begin();
    await remove(key("owned", 1), always(), { transactionId: dropped });
    await client.abortTransaction({ transactionId: dropped });
    assert.deepEqual(columns((await get(key("owned", 1))).row), { a: "b" });
  });

  test("what does not fit the table, and who is not known, is refused by name", async () => {
    await assert.rejects(put([{ person: "half" }], [{ a: "b" }]), refused(400, "OTSInvalidPK"));
    await assert.rejects(put([{ person: "a" }, { revision: "text" }], [{ a: "b" }]), refused(400, "OTSInvalidPK"));
    const missing = { tableName: "node_not_there", primaryKey: key("a", 1) };
    await assert.rejects(client.getRow(missing), refused(404, "OTSObjectNotExist"));
    const row = { tableName, primaryKey: key("a", 1) };
    await assert.rejects(open({ secretAccessKey: "wrong" }).getRow(row), refused(403, "OTSAuthFailed"));
    await assert.rejects(open({ accessKeyId: "nobody" }).getRow(row), refused(403, "OTSAuthFailed"));
    await assert.rejects(open({ instancename: "elsewhere" }).getRow(row), refused(403, "OTSAuthFailed|OTSObjectNotExist"));
  });
});
