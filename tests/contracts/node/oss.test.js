"use strict";

// ali-oss against the local OSS, once for each version of the signature.

const assert = require("node:assert/strict");
const http = require("node:http");
const { Readable } = require("node:stream");
const { after, before, describe, test } = require("node:test");
const OSS = require("ali-oss");

const PART = 100 * 1024;
const LOOPBACK = new URL(process.env.OSS_ENDPOINT);
const AUTHORITY = "http://oss-cn-beijing.aliyuncs.com";

/** Send what a URL with a production host name says to the local OSS. */
function ask(url, { method = "GET", headers = {}, body = "" } = {}) {
  const { host, pathname, search } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: LOOPBACK.hostname, port: LOOPBACK.port, path: pathname + search, method, headers: { ...headers, host } },
      async (answer) => {
        const pieces = [];
        for await (const piece of answer) pieces.push(piece);
        resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(pieces).toString() });
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

for (const authorizationV4 of [false, true]) {
  describe(`ali-oss with signature ${authorizationV4 ? "V4" : "V1"}`, () => {
    const bucket = `node-signature-${authorizationV4 ? 4 : 1}`;
    const open = (options = {}) =>
      new OSS({
        region: "oss-cn-beijing",
        endpoint: process.env.OSS_ENDPOINT,
        accessKeyId: process.env.ALIBABA_CLOUD_ACCESS_KEY_ID,
        accessKeySecret: process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
        bucket,
        authorizationV4,
        retryMax: 0,
        ...options,
      });
    const client = open();

    before(async () => {
      await client.putBucket(bucket);
    });

    after(async () => {
      const { objects = [] } = await client.listV2({ "max-keys": "1000" });
      if (objects.length) await client.deleteMulti(objects.map((each) => each.name), { quiet: true });
      await client.deleteBucket(bucket);
    });

    test("a bucket is listed and described", async () => {
      const { buckets } = await client.listBuckets({ prefix: bucket });
      assert.deepEqual(buckets.map((each) => each.name), [bucket]);
      const info = await client.getBucketInfo(bucket);
      assert.equal(info.bucket.Location, "oss-cn-beijing");
      assert.equal(await client.getBucketLocation(bucket).then((answer) => answer.location), "oss-cn-beijing");
      await client.put("counted", Buffer.from("four"));
      const { stat } = await client.getBucketStat(bucket);
      assert.ok(Number(stat.ObjectCount) >= 1);
    });

    test("a bucket's ACL is changed and read", async () => {
      assert.equal((await client.getBucketACL(bucket)).acl, "private");
      await client.putBucketACL(bucket, "public-read");
      assert.equal((await client.getBucketACL(bucket)).acl, "public-read");
      await client.putBucketACL(bucket, "private");
    });

    test("a bucket's configurations are kept, given back and forgotten", async () => {
      await assert.rejects(client.getBucketCORS(bucket), { code: "NoSuchCORSConfiguration", status: 404 });
      await client.putBucketCORS(bucket, [{ allowedOrigin: "*", allowedMethod: "GET" }]);
      assert.equal((await client.getBucketCORS(bucket)).rules[0].allowedOrigin, "*");
      await client.deleteBucketCORS(bucket);

      await client.putBucketLifecycle(bucket, [{ id: "old", prefix: "logs/", status: "Enabled", days: 7 }]);
      assert.equal((await client.getBucketLifecycle(bucket)).rules[0].expiration.days, "7");
      await client.deleteBucketLifecycle(bucket);
      await assert.rejects(client.getBucketLifecycle(bucket), { code: "NoSuchLifecycle" });

      await client.putBucketTags(bucket, { team: "studio" });
      assert.deepEqual((await client.getBucketTags(bucket)).tag, { team: "studio" });
      await client.deleteBucketTags(bucket);
      assert.deepEqual((await client.getBucketTags(bucket)).tag, {});

      await client.putBucketEncryption(bucket, { SSEAlgorithm: "AES256" });
      assert.equal((await client.getBucketEncryption(bucket)).encryption.SSEAlgorithm, "AES256");
      await client.deleteBucketEncryption(bucket);

      await client.putBucketReferer(bucket, true, ["http://studio.example"]);
      assert.deepEqual((await client.getBucketReferer(bucket)).referers, ["http://studio.example"]);

      const policy = { Version: "1", Statement: [] };
      await client.putBucketPolicy(bucket, policy);
      assert.deepEqual((await client.getBucketPolicy(bucket)).policy, policy);
      await client.deleteBucketPolicy(bucket);
    });

    test("an object is put, described and read back with its metadata", async () => {
      const written = await client.put("people/李雷/1.txt", Buffer.from("hello"), {
        meta: { owner: "studio" },
        mime: "text/plain",
        headers: { "Cache-Control": "no-cache" },
      });
      assert.equal(written.res.headers.etag, '"5D41402ABC4B2A76B9719D911017C592"');
      const head = await client.head("people/李雷/1.txt");
      assert.equal(head.meta.owner, "studio");
      assert.equal(head.res.headers["content-length"], "5");
      assert.equal(head.res.headers["cache-control"], "no-cache");
      const read = await client.get("people/李雷/1.txt");
      assert.equal(read.content.toString(), "hello");
      assert.equal(read.res.headers["content-type"], "text/plain");
      const meta = await client.getObjectMeta("people/李雷/1.txt");
      assert.equal(meta.res.headers["content-length"], "5");
    });

    test("a range is read, and a condition that does not hold is refused", async () => {
      await client.put("ranged", Buffer.from("0123456789"));
      const part = await client.get("ranged", { headers: { Range: "bytes=2-5" } });
      assert.equal(part.content.toString(), "2345");
      assert.equal(part.res.status, 206);
      assert.equal(part.res.headers["content-range"], "bytes 2-5/10");
      await assert.rejects(client.get("ranged", { headers: { "If-Match": '"0"' } }), {
        code: "PreconditionFailed",
        status: 412,
      });
      const unchanged = await client.get("ranged", { headers: { "If-None-Match": "*" } });
      assert.equal(unchanged.res.status, 304);
      await assert.rejects(client.put("ranged", Buffer.from("x"), { headers: { "x-oss-forbid-overwrite": "true" } }), {
        code: "FileAlreadyExists",
        status: 409,
      });
    });

    test("streams go in and out", async () => {
      const content = Buffer.alloc(300 * 1024, "stream");
      await client.putStream("streamed", Readable.from([content.subarray(0, 1000), content.subarray(1000)]));
      const { stream } = await client.getStream("streamed");
      const pieces = [];
      for await (const piece of stream) pieces.push(piece);
      assert.ok(Buffer.concat(pieces).equals(content));
    });

    test("an object is copied, also with other metadata, and deleted", async () => {
      await client.put("origin", Buffer.from("copied"), { meta: { kept: "yes" } });
      const copy = await client.copy("copy", "origin");
      assert.match(copy.data.etag, /^"[0-9A-F]{32}"$/);
      assert.equal((await client.head("copy")).meta.kept, "yes");
      await client.putMeta("copy", { kept: "no" });
      assert.equal((await client.head("copy")).meta.kept, "no");
      assert.equal((await client.delete("copy")).res.status, 204);
      await assert.rejects(client.get("copy"), { code: "NoSuchKey", status: 404, name: "NoSuchKeyError" });
      await assert.rejects(client.head("copy"), { code: "NoSuchKey", status: 404 });
      assert.equal((await client.delete("copy")).res.status, 204);
    });

    test("many objects are deleted at once", async () => {
      const names = ["many/1", "many/2", "many/ 3&<中"];
      for (const name of names) await client.put(name, Buffer.from(name));
      const { deleted } = await client.deleteMulti(names);
      assert.deepEqual(deleted.map((each) => each.Key).sort(), [...names].sort());
      const listed = await client.list({ prefix: "many/" });
      assert.equal((listed.objects || []).length, 0);
    });

    test("both listings page, and fold what shares a prefix", async () => {
      for (const name of ["list/a", "list/b/1", "list/b/2", "list/c", "list/中"]) await client.put(name, Buffer.from("x"));
      const folded = await client.list({ prefix: "list/", delimiter: "/" });
      assert.deepEqual(folded.objects.map((each) => each.name), ["list/a", "list/c", "list/中"]);
      assert.deepEqual(folded.prefixes, ["list/b/"]);
      const first = await client.list({ prefix: "list/", "max-keys": 2 });
      assert.equal(first.isTruncated, true);
      const second = await client.list({ prefix: "list/", "max-keys": 10, marker: first.nextMarker });
      assert.deepEqual([...first.objects, ...second.objects].map((each) => each.name).length, 5);

      const names = [];
      let token = null;
      do {
        const page = await client.listV2({ prefix: "list/", "max-keys": "2", "continuation-token": token, "fetch-owner": "true" });
        names.push(...page.objects.map((each) => each.name));
        assert.ok(page.objects.every((each) => each.owner.id));
        token = page.nextContinuationToken;
      } while (token);
      assert.deepEqual(names, ["list/a", "list/b/1", "list/b/2", "list/c", "list/中"]);
      const late = await client.listV2({ prefix: "list/", "start-after": "list/c" });
      assert.deepEqual(late.objects.map((each) => each.name), ["list/中"]);
    });

    test("a file goes up in parts", async () => {
      const content = Buffer.alloc(2 * PART + 7, "multipart");
      const seen = [];
      const done = await client.multipartUpload("multi", content, {
        partSize: PART,
        parallel: 2,
        progress: (fraction) => seen.push(fraction),
      });
      assert.match(done.etag, /-3"$/);
      assert.equal(seen.at(-1), 1);
      assert.ok((await client.get("multi")).content.equals(content));
      const copied = await client.multipartUploadCopy(
        "multi-copy",
        { sourceKey: "multi", sourceBucketName: bucket },
        { partSize: PART },
      );
      assert.equal(copied.res.status, 200);
      assert.ok((await client.get("multi-copy")).content.equals(content));
    });

    test("an upload's parts are listed, copied and completed, or the upload is aborted", async () => {
      await client.put("source", Buffer.alloc(PART, "s"));
      const { uploadId } = await client.initMultipartUpload("by-hand");
      const { uploads } = await client.listUploads({ prefix: "by-hand" });
      assert.deepEqual(uploads.map((each) => each.uploadId), [uploadId]);
      const copied = await client.uploadPartCopy("by-hand", uploadId, 1, `0-${PART - 1}`, {
        sourceKey: "source",
        sourceBucketName: bucket,
      });
      const { parts } = await client.listParts("by-hand", uploadId);
      assert.equal([].concat(parts)[0].Size, String(PART));
      await client.completeMultipartUpload("by-hand", uploadId, [{ number: 1, etag: copied.etag }]);
      assert.equal((await client.head("by-hand")).res.headers["content-length"], String(PART));

      const aborted = (await client.initMultipartUpload("never")).uploadId;
      await client.abortMultipartUpload("never", aborted);
      await assert.rejects(client.listParts("never", aborted), { code: "NoSuchUpload", status: 404 });
    });

    test("an object grows by appending where it ends", async () => {
      const first = await client.append("log", Buffer.from("one,"));
      assert.equal(first.nextAppendPosition, "4");
      await client.append("log", Buffer.from("two"), { position: first.nextAppendPosition });
      assert.equal((await client.get("log")).content.toString(), "one,two");
      await assert.rejects(client.append("log", Buffer.from("x"), { position: 1 }), {
        code: "PositionNotEqualToLength",
        status: 409,
      });
    });

    test("an object has an ACL, tags and links that point to it", async () => {
      await client.put("tagged", Buffer.from("target"), { headers: { "x-oss-tagging": "a=1" } });
      assert.equal((await client.getACL("tagged")).acl, "default");
      await client.putACL("tagged", "public-read");
      assert.equal((await client.getACL("tagged")).acl, "public-read");
      const anonymous = await fetch(`${process.env.OSS_ENDPOINT}/${bucket}/tagged`);
      assert.equal(await anonymous.text(), "target");

      assert.deepEqual((await client.getObjectTagging("tagged")).tag, { a: "1" });
      await client.putObjectTagging("tagged", { b: "2", c: "3" });
      assert.deepEqual((await client.getObjectTagging("tagged")).tag, { b: "2", c: "3" });
      await client.deleteObjectTagging("tagged");
      assert.deepEqual((await client.getObjectTagging("tagged")).tag, {});

      await client.putSymlink("link", "tagged", {});
      assert.equal((await client.getSymlink("link")).targetName, "tagged");
      assert.equal((await client.get("link")).content.toString(), "target");
    });

    test("a signed URL lets anybody read or write, until it expires", async () => {
      await client.put("signed", Buffer.from("for a while"));
      const signer = open({ endpoint: AUTHORITY });
      assert.equal((await ask(signer.signatureUrl("signed", { expires: 60 }))).text, "for a while");
      const named = signer.signatureUrl("signed", { expires: 60, response: { "content-type": "text/x-own" } });
      assert.equal((await ask(named)).headers["content-type"], "text/x-own");
      const write = signer.signatureUrl("signed", { expires: 60, method: "PUT", "Content-Type": "text/plain" });
      const put = { method: "PUT", body: "by URL", headers: { "Content-Type": "text/plain" } };
      assert.equal((await ask(write, put)).status, 200);
      assert.equal((await client.get("signed")).content.toString(), "by URL");
      const forged = await ask(write, { ...put, headers: { "Content-Type": "image/png" } });
      assert.equal(forged.status, 403);
      assert.match(forged.text, /<Code>SignatureDoesNotMatch<\/Code>/);
      const late = await ask(signer.signatureUrl("signed", { expires: -10 }));
      assert.equal(late.status, 403);
      assert.match(late.text, /<Message>Request has expired.<\/Message>/);
    });

    test("a V4 URL lets anybody read or write, and at most for seven days", async () => {
      await client.put("signed-4", Buffer.from("by V4"));
      const signer = open({ endpoint: AUTHORITY });
      const url = await signer.signatureUrlV4("GET", 60, { headers: {} }, "signed-4");
      assert.equal((await ask(url)).text, "by V4");
      const headers = { "x-oss-meta-a": "b" };
      const write = await signer.signatureUrlV4("PUT", 60, { headers }, "signed-4", []);
      assert.equal((await ask(write, { method: "PUT", body: "again", headers })).status, 200);
      assert.equal((await client.head("signed-4")).meta.a, "b");
      const long = await signer.signatureUrlV4("GET", 8 * 24 * 3600, { headers: {} }, "signed-4");
      assert.equal((await ask(long)).status, 400);
    });

    test("a form with a signed policy uploads", async () => {
      const policy = {
        expiration: new Date(Date.now() + 60_000).toISOString(),
        conditions: [["content-length-range", 0, 100]],
      };
      const form = new FormData();
      for (const [name, value] of Object.entries(client.calculatePostSignature(policy))) form.set(name, value);
      form.set("key", "by-form");
      form.set("file", new Blob(["from a form"]), "form.txt");
      const answer = await fetch(`${process.env.OSS_ENDPOINT}/${bucket}`, { method: "POST", body: form });
      assert.equal(answer.status, 204, await answer.text());
      assert.equal((await client.get("by-form")).content.toString(), "from a form");
    });

    test("a wrong secret, a wrong key and a missing bucket have OSS's names", async () => {
      await assert.rejects(open({ accessKeySecret: "wrong" }).get("signed"), { code: "SignatureDoesNotMatch", status: 403 });
      await assert.rejects(open({ accessKeyId: "nobody" }).get("signed"), { code: "InvalidAccessKeyId", status: 403 });
      await assert.rejects(open({ bucket: "node-is-not-there" }).list({}), { code: "NoSuchBucket", status: 404 });
      await client.put("left", Buffer.from("x"));
      await assert.rejects(client.deleteBucket(bucket), { code: "BucketNotEmpty", status: 409 });
    });

    test("versions are kept and listed when the bucket keeps them", async () => {
      const versioned = `${bucket}-versions`;
      const own = open({ bucket: versioned });
      await own.putBucket(versioned);
      await own.putBucketVersioning(versioned, "Enabled");
      assert.equal((await own.getBucketVersioning(versioned)).versionStatus, "Enabled");
      const first = (await own.put("kept", Buffer.from("first"))).res.headers["x-oss-version-id"];
      await own.put("kept", Buffer.from("second"));
      assert.equal((await own.get("kept", { versionId: first })).content.toString(), "first");
      await own.delete("kept");
      const { objects, deleteMarker } = await own.getBucketVersions({ prefix: "kept" });
      assert.equal(objects.length, 2);
      assert.equal(deleteMarker.length, 1);
      for (const each of [...objects, ...deleteMarker]) await own.delete("kept", { versionId: each.versionId });
      await own.deleteBucket(versioned);
    });
  });
}
