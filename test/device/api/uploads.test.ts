// Uploads by the tus protocol: whole, after a break, and every trick refused; and what nobody foresaw never ends in a 5xx.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Check, Errors } from "typebox/value";
import { TokenFolder } from "../../../device/access/token-folder.ts";
import { problemSchema } from "../../../device/api/problem.ts";
import { deliveryStatusSchema } from "../../../device/delivery/delivery.ts";
import type { ErrorCode } from "../../../device/errors/errors.ts";
import { packArchive } from "../../../device/slots/bundle-archive.ts";
import { trustedKeysFolder } from "../../../device/slots/trusted-keys.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { makeSmallBundle } from "../../fixtures/small-bundle.ts";
import { trustTestKey } from "../../fixtures/test-keys.ts";
import { type Content, contentOf, deliveryTo, randomContent, stateFolder } from "../delivery/small-delivery.ts";
import { type Entry, tarOf } from "../slots/archives.ts";
import { type Ending, type FakeDevice, fakeDevice } from "./fake-device.ts";

type Answer = Awaited<ReturnType<FakeDevice["api"]["inject"]>>;

const uploads = "/v1/updates/uploads";
const bytesType = "application/offset+octet-stream";

class Sender {
  readonly device: FakeDevice;
  readonly #authorization: string;

  constructor(device: FakeDevice, token: string) {
    this.device = device;
    this.#authorization = `Bearer ${token}`;
  }

  ask(
    method: "HEAD" | "POST" | "PATCH" | "DELETE",
    url: string,
    headers: Record<string, string>,
    payload?: Buffer | string,
  ) {
    const all = { "tus-resumable": "1.0.0", authorization: this.#authorization, ...headers };
    return this.device.api.inject({ method, url, headers: all, ...(payload === undefined ? {} : { payload }) });
  }

  begin({ bytes, sha256 }: Content) {
    const metadata = `name ${Buffer.from("x").toString("base64")},sha256 ${Buffer.from(sha256).toString("base64")}`;
    return this.ask("POST", uploads, { "upload-length": String(bytes.length), "upload-metadata": metadata });
  }

  append(url: string, offset: number, bytes: Buffer) {
    return this.ask("PATCH", url, { "content-type": bytesType, "upload-offset": String(offset) }, bytes);
  }

  install(upload: string) {
    return this.ask("POST", "/v1/updates/install", { "content-type": "application/json" }, JSON.stringify({ upload }));
  }

  async status() {
    const answer = await this.device.api.inject({
      url: "/v1/updates",
      headers: { authorization: this.#authorization },
    });
    const status: unknown = answer.json();
    assert.deepEqual(Errors(deliveryStatusSchema, status), []);
    assert.ok(Check(deliveryStatusSchema, status));
    return status;
  }

  async refusedFor(content: Content): Promise<string | undefined> {
    const url = String((await this.begin(content)).headers.location);
    assert.equal((await this.append(url, 0, content.bytes)).statusCode, 204);
    assert.equal((await this.install(url.slice(url.lastIndexOf("/") + 1))).statusCode, 202);
    const settled = await eventually(
      "it is settled",
      () => this.status(),
      ({ state }) => state !== "verifying",
    );
    return settled.refused?.code;
  }
}

async function senders(t: Ending, archiveBytesMax = 1024 * 1024): Promise<{ a: Sender; b: Sender; state: string }> {
  const state = stateFolder(t);
  const tokens = new TokenFolder(state);
  const delivery = deliveryTo(state, { archiveBytesMax });
  const limits = { requestsPerMinuteMax: 1_000_000, refusalsPerMinuteMax: 1_000_000 };
  const device = fakeDevice(t, { access: tokens, openOnLoopback: false, delivery, limits });
  const token = async (name: string) => (await tokens.make({ name, scopes: ["update"], expiresAt: null })).text;
  return { a: new Sender(device, await token("a")), b: new Sender(device, await token("b")), state };
}

function assertRefused(answer: Answer, status: number, code: ErrorCode): void {
  assert.equal(answer.statusCode, status, answer.body);
  if (answer.body !== "") assert.equal(answer.json<{ code: string }>().code, code);
}

describe("an upload", () => {
  it("arrives in pieces, is asked for, and is given up", async (t) => {
    const { a } = await senders(t);
    const content = randomContent(10_000);
    const begun = await a.begin(content);
    assert.equal(begun.statusCode, 201, begun.body);
    assert.equal(begun.headers["tus-resumable"], "1.0.0");
    const url = String(begun.headers.location);
    assert.match(url, /^\/v1\/updates\/uploads\/[0-9a-f]{32}$/);
    for (const [from, to] of [
      [0, 4_000],
      [4_000, 4_001],
      [4_001, 9_999],
    ] as const) {
      const answer = await a.append(url, from, content.bytes.subarray(from, to));
      assert.equal(answer.statusCode, 204, answer.body);
      assert.equal(answer.headers["upload-offset"], String(to));
    }
    const head = await a.ask("HEAD", url, {});
    assert.deepEqual(
      [head.statusCode, head.headers["upload-offset"], head.headers["upload-length"]],
      [200, "9999", "10000"],
    );
    assert.ok(Date.parse(String(head.headers["upload-expires"])) > Date.now());
    assert.equal((await a.status()).state, "downloading");
    assert.equal((await a.begin(content)).headers["upload-offset"], "9999");
    assert.equal((await a.ask("DELETE", url, {})).statusCode, 204);
    assertRefused(await a.ask("HEAD", url, {}), 404, "UPLOAD_UNKNOWN");
  });

  it("is refused where it tricks: another's, oversize, holes, wrong digest, wrong type, more than announced", async (t) => {
    const { a, b, state } = await senders(t);
    const content = randomContent(1_000);
    const url = String((await a.begin(content)).headers.location);
    assertRefused(await b.begin(content), 409, "UPLOAD_BUSY");
    assertRefused(await b.append(url, 0, content.bytes), 404, "UPLOAD_UNKNOWN");
    assertRefused(await b.ask("DELETE", url, {}), 404, "UPLOAD_UNKNOWN");
    assertRefused(await b.install(url.slice(-32)), 404, "UPLOAD_UNKNOWN");
    assertRefused(await a.append(url, 500, content.bytes), 409, "UPLOAD_OFFSET_MISMATCH");
    assertRefused(await a.append(url, 2 ** 52, content.bytes), 409, "UPLOAD_OFFSET_MISMATCH");
    assertRefused(await a.install(url.slice(-32)), 409, "UPLOAD_INCOMPLETE");
    assertRefused(await a.append(url, 0, Buffer.alloc(1_001)), 413, "BUNDLE_TOO_LARGE");
    assertRefused(
      await a.begin({ ...randomContent(1), bytes: Buffer.alloc(1024 * 1024 + 1) }),
      413,
      "BUNDLE_TOO_LARGE",
    );
    for (const type of ["application/octet-stream", "application/json", "text/plain"]) {
      const headers = { "content-type": type, "upload-offset": "0" };
      assertRefused(await a.ask("PATCH", url, headers, content.bytes), 400, "REQUEST_INVALID");
    }
    const wrong = String((await a.begin({ ...content, sha256: "f".repeat(64) })).headers.location);
    assertRefused(await a.append(wrong, 0, content.bytes), 422, "UPLOAD_DIGEST_MISMATCH");
    assert.deepEqual(readdirSync(join(state, "uploads/http")), []);
    assert.deepEqual(readdirSync(state).sort(), ["access", "uploads"]);
  });

  it("names what it lacks", async (t) => {
    const { a } = await senders(t);
    const { sha256 } = randomContent(1);
    const metadata = `sha256 ${Buffer.from(sha256).toString("base64")}`;
    for (const headers of [
      { "upload-length": "10" },
      { "upload-length": "0", "upload-metadata": metadata },
      { "upload-length": "-1", "upload-metadata": metadata },
      { "upload-length": "1e30", "upload-metadata": metadata },
      { "upload-length": "10", "upload-metadata": "sha256" },
      { "upload-length": "10", "upload-metadata": "sha256 AAAA" },
      { "upload-length": "10", "upload-metadata": metadata, "tus-resumable": "0.2.2" },
    ]) {
      assertRefused(await a.ask("POST", uploads, headers as Record<string, string>), 400, "REQUEST_INVALID");
    }
  });
});

describe("an uploaded archive", () => {
  it("is installed where it is good, and otherwise named by the check that refused it", {
    timeout: 300_000,
  }, async (t) => {
    const { a, state } = await senders(t, 64 * 1024 * 1024);
    await trustTestKey(trustedKeysFolder(state));
    const bundle = await makeSmallBundle();
    const files = [...bundle.files].map(([name, content]) => ({ name, content }));
    const before = files[0]!;
    const tricks: readonly (readonly [string, readonly Entry[]])[] = [
      ["a link", [...files, { name: "link", type: "symlink", linkname: "/etc/passwd" }]],
      ["a hard link", [...files, { name: "link", type: "link", linkname: before.name }]],
      ["a path upwards", [...files, { name: "../evil", content: Buffer.from("x") }]],
      ["an absolute path", [...files, { name: "/tmp/evil", content: Buffer.from("x") }]],
      ["a name twice", [...files, before]],
      ["a folder", [{ name: "folder", type: "directory" }, ...files]],
    ];
    for (const [what, entries] of tricks) {
      assert.equal(await a.refusedFor(contentOf(await tarOf(entries))), "BUNDLE_ARCHIVE_INVALID", what);
    }
    const sparse = contentOf(sparseBomb());
    assert.match(String(await a.refusedFor(sparse)), /^BUNDLE_(ARCHIVE_INVALID|TOO_LARGE)$/);
    assert.equal(await a.refusedFor(contentOf(Buffer.from(await packArchive(bundle.files)))), undefined);
    assert.equal((await a.status()).current?.sha256, bundle.sha256);
    assert.deepEqual(readdirSync(join(state, "uploads/http")), []);
    assert.deepEqual(
      readdirSync(state).filter((name) => name.startsWith("staging")),
      [],
    );
  });
});

/** A header of GNU's sparse type that promises eight gigabytes in one block. */
function sparseBomb(): Buffer {
  const header = Buffer.alloc(512);
  header.write("manifest.json", 0);
  header.write("0000644\0", 100);
  header.write("00000001000\0", 124);
  header.write("00000000000\0", 136);
  header.write("S", 156);
  header.write("ustar  \0", 257);
  header.write("77777777777\0", 483);
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return Buffer.concat([header, Buffer.alloc(512 * 3)]);
}

describe("the update routes", () => {
  it("answer generated requests as they are described, and never with a 5xx", { timeout: 300_000 }, async (t) => {
    const { a } = await senders(t);
    const known = String((await a.begin(randomContent(100))).headers.location);
    const words = fc.oneof(
      fc.constantFrom("0", "1", "100", "-1", "1e99", "", "1.0.0", "sha256", bytesType, "application/json", "null"),
      fc.string({ maxLength: 30 }),
    );
    const header = words.map((text) => text.replaceAll(/[^\x20-\x7e]/g, "?"));
    const headers = fc.record(
      {
        "upload-length": header,
        "upload-offset": header,
        "upload-metadata": header,
        "content-type": header,
        "tus-resumable": fc.oneof(fc.constant("1.0.0"), header),
      },
      { requiredKeys: [], noNullPrototype: true },
    );
    const urls = fc.constantFrom(
      ...[
        uploads,
        known,
        `${uploads}/${"0".repeat(32)}`,
        `${uploads}/..%2f..%2fetc`,
        `${uploads}/%00`,
        `${uploads}/x/y`,
      ],
      ...["/v1/updates", "/v1/updates/install", "/v1/updates/rollback", "/v1/updates/"],
    );
    const methods = fc.constantFrom("HEAD", "POST", "PATCH", "DELETE" as const);
    const bodies = fc.option(fc.oneof(fc.string({ maxLength: 200 }), fc.json({ maxDepth: 2 })), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(methods, urls, headers, bodies, async (method, url, given, body) => {
        const answer = await a.ask(method as "POST", url, given as Record<string, string>, body);
        assert.ok(answer.statusCode < 500, `${method} ${url}: ${answer.statusCode} ${answer.body}`);
        assert.doesNotMatch(answer.body, /\/tmp\/|\.ts:|\.js:|node_modules/);
        if (answer.statusCode >= 400 && method !== "HEAD") assert.ok(Check(problemSchema, answer.json()), answer.body);
      }),
      { numRuns: 2_000 },
    );
  });
});
