// Downloads end with the whole, right file or with a clear error, whatever the server does.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type DownloadOptions, download } from "../../../training/weights/download.ts";
import { cutAfter, type FileServer, type ServedFile, serveFile } from "./file-server.ts";

const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8)) & 255);
const digest = (kind: string, data: Uint8Array = bytes) => createHash(kind).update(data).digest("hex");

interface Place {
  readonly server: FileServer;
  readonly folder: string;
  readonly options: DownloadOptions;
}

async function place(
  t: TestContext,
  file: Partial<ServedFile> = {},
  given: Partial<DownloadOptions> = {},
): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), "facelatch-download-"));
  t.after(() => rm(folder, { recursive: true }));
  const server = await serveFile(t, { bytes, etag: '"first"', ...file });
  const options = {
    url: server.url,
    path: join(folder, "file.h5"),
    bytesMax: 1e6,
    bytes: null,
    md5: null,
    sha256: null,
    attemptsMax: 1,
    backoffMs: 1,
    idleTimeoutMs: 5_000,
    ...given,
  };
  return { server, folder, options };
}

async function assertWhole({ folder, options }: Place, expected: Uint8Array = bytes): Promise<void> {
  assert.deepEqual(await readdir(folder), ["file.h5"], "nothing lies beside the file");
  assert.ok(expected.length > 0 && Buffer.compare(await readFile(options.path), expected) === 0);
}

const failure = (code: string, found: RegExp) => (error: Error & { code?: string; detail?: { found: string } }) => {
  assert.equal(error.code, code, error.stack);
  assert.match(error.detail?.found ?? "", found);
  return true;
};

test("a file comes whole, with its digest", async (t) => {
  const here = await place(t, {}, { md5: digest("md5"), sha256: digest("sha256"), bytes: bytes.length });
  const seen: number[] = [];
  const result = await download({ ...here.options, onProgress: (received) => seen.push(received) });
  assert.deepEqual(result, { bytes: bytes.length, sha256: digest("sha256"), resumedAtBytes: 0 });
  assert.equal(seen.at(-1), bytes.length);
  await assertWhole(here);
});

test("after a cut, the next attempt asks for the rest alone", async (t) => {
  const here = await place(t, {}, { attemptsMax: 2 });
  here.server.misbehave = (request, response) => request === 1 && cutAfter(100_000, here.server.file, response);
  await download(here.options);
  assert.equal(here.server.ranges[0], null);
  assert.match(here.server.ranges[1]!, /^bytes=[1-9]\d*-$/);
  await assertWhole(here);
});

test("after a cut, the next call goes on, and a changed file begins anew", async (t) => {
  const changed = bytes.map((value) => value ^ 255);
  for (const etag of ['"first"', '"second"']) {
    const here = await place(t);
    here.server.misbehave = (request, response) => request === 1 && cutAfter(100_000, here.server.file, response);
    await assert.rejects(download(here.options), failure("DOWNLOAD_FAILED", /ended at|terminated/));
    assert.deepEqual((await readdir(here.folder)).sort(), ["file.h5.part", "file.h5.part.json"]);
    const next = etag === '"first"' ? bytes : changed;
    here.server.file = { bytes: next, etag };
    const { resumedAtBytes } = await download(here.options);
    assert.equal(resumedAtBytes > 0, etag === '"first"');
    await assertWhole(here, next);
  }
});

test("a part without its state, of another address, or longer than the file begins anew", async (t) => {
  const states = [null, { url: "http://127.0.0.1:1/other" }, { longer: true }];
  for (const state of states) {
    const here = await place(t, {}, { attemptsMax: 2 });
    await writeFile(`${here.options.path}.part`, new Uint8Array(400_000));
    if (state !== null) {
      const remote = {
        url: here.options.url,
        etag: '"first"',
        lastModified: null,
        total: 999_999,
        md5: null,
        ...state,
      };
      await writeFile(`${here.options.path}.part.json`, JSON.stringify(remote));
    }
    await download(here.options);
    await assertWhole(here);
  }
});

test("without a validator nothing is resumed", async (t) => {
  const here = await place(t, { etag: null }, { attemptsMax: 2 });
  here.server.misbehave = (request, response) => request === 1 && cutAfter(100_000, here.server.file, response);
  await download(here.options);
  assert.deepEqual(here.server.ranges, [null, null]);
  await assertWhole(here);
});

test("a wrong digest, also the server's own, leaves nothing behind", async (t) => {
  const googles = { "x-goog-hash": `crc32c=AAAAAA==,md5=${createHash("md5").update("other").digest("base64")}` };
  const wrong: [Partial<ServedFile>, Partial<DownloadOptions>][] = [
    [{}, { md5: digest("md5", new Uint8Array(1)) }],
    [{}, { sha256: digest("sha256", new Uint8Array(1)) }],
    [{ headers: googles }, {}],
  ];
  for (const [file, options] of wrong) {
    const here = await place(t, file, options);
    await assert.rejects(download(here.options), failure("DOWNLOAD_INVALID", /^[0-9a-f]{32,}$/));
    assert.deepEqual(await readdir(here.folder), []);
  }
});

test("the server's own digest is checked after a resumption too", async (t) => {
  const headers = { "x-goog-hash": `md5=${createHash("md5").update(bytes).digest("base64")}` };
  const here = await place(t, { headers }, { attemptsMax: 2 });
  here.server.misbehave = (request, response) => request === 1 && cutAfter(100_000, here.server.file, response);
  await download(here.options);
  await assertWhole(here);
});

test("a file of another length, or a longer one than allowed, is refused, announced or not", async (t) => {
  for (const limit of [{ bytesMax: 1_000 }, { bytes: 1_000 }]) {
    const here = await place(t, {}, limit);
    await assert.rejects(download(here.options), failure("DOWNLOAD_INVALID", /300000/));
  }
  const here = await place(t, {}, { bytesMax: 1_000 });
  here.server.misbehave = (_, response) => {
    response.writeHead(200);
    response.end(bytes);
    return true;
  };
  await assert.rejects(download(here.options), failure("DOWNLOAD_INVALID", /^\d+$/));
});

test("a server that hangs, before or within the body, is given up", async (t) => {
  const hangs: FileServer["misbehave"][] = [
    () => true,
    (_, response) => {
      response.writeHead(200, { "content-length": 1_000 }).write("some");
      return true;
    },
  ];
  for (const misbehave of hangs) {
    const here = await place(t, {}, { idleTimeoutMs: 100, attemptsMax: 2 });
    here.server.misbehave = misbehave;
    await assert.rejects(download(here.options), failure("DOWNLOAD_FAILED", /nothing came for 100 ms \(2 attempts\)/));
  }
});

test("404 is final, 503 is tried again", async (t) => {
  const here = await place(t, {}, { attemptsMax: 3 });
  here.server.misbehave = (request, response) => {
    if (request > 2) return false;
    response.writeHead(503).end();
    return true;
  };
  await download(here.options);
  assert.equal(here.server.ranges.length, 3);
  const gone = await place(t, {}, { attemptsMax: 3 });
  gone.server.misbehave = (_, response) => {
    response.writeHead(404).end("no");
    return true;
  };
  await assert.rejects(download(gone.options), failure("DOWNLOAD_FAILED", /404/));
  assert.equal(gone.server.ranges.length, 1);
});

test("redirects are followed, but not for ever, nor to other protocols", async (t) => {
  const here = await place(t);
  here.server.misbehave = (request, response) => {
    if (request > 2) return false;
    response.writeHead(302, { location: "/elsewhere" }).end();
    return true;
  };
  await download(here.options);
  await assertWhole(here);
  for (const [location, found] of [
    ["/round", /more than 5 redirects/],
    ["file:///etc/hostname", /redirect to file:/],
  ] as const) {
    const bad = await place(t);
    bad.server.misbehave = (_, response) => {
      response.writeHead(302, { location }).end();
      return true;
    };
    await assert.rejects(download(bad.options), failure("DOWNLOAD_FAILED", found));
  }
});

test("a full disk is told as such, before the download where the length is announced", async (t) => {
  const huge = await place(t, {}, { bytesMax: 2 ** 62 });
  huge.server.misbehave = (_, response) => {
    response.writeHead(200, { "content-length": String(2 ** 52) }).write("x");
    return true;
  };
  await assert.rejects(download(huge.options), failure("DISK_FULL", /bytes free/));
  const here = await place(t);
  // The kernel answers every write to this device with ENOSPC.
  await symlink("/dev/full", `${here.options.path}.part`);
  await assert.rejects(download(here.options), failure("DISK_FULL", /ENOSPC/));
});

test("a cancelled download ends with the signal's reason and keeps what it has", async (t) => {
  const here = await place(t);
  here.server.misbehave = (_, response) => {
    response.writeHead(200, { etag: '"first"', "content-length": bytes.length }).write(bytes.subarray(0, 5_000));
    return true;
  };
  const controller = new AbortController();
  const reason = new Error("no longer wanted");
  const pending = download({
    ...here.options,
    signal: controller.signal,
    onProgress: () => controller.abort(reason),
  });
  await assert.rejects(pending, reason);
  assert.deepEqual((await readdir(here.folder)).sort(), ["file.h5.part", "file.h5.part.json"]);
});

test("an address where nobody listens is named", async (t) => {
  const here = await place(t, {}, { url: "http://127.0.0.1:9/file.h5" });
  await assert.rejects(download(here.options), failure("DOWNLOAD_FAILED", /./));
});
