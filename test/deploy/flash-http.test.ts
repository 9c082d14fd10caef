// Flashing over HTTP, by the command, to real daemons: confirmed, refused, taken back, resumed after breaks, gone back from.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { signatureFileName } from "../../device/bundle/manifest.ts";
import { eventually } from "../fixtures/eventually.ts";
import { facelatch, startFacelatch } from "../fixtures/facelatch-command.ts";
import { type Ending, RealDaemon } from "../fixtures/real-daemon.ts";
import { startBoard, writeBundle, writeToken } from "./boards.ts";
import { cuttingProxy } from "./cutting-proxy.ts";

const flashJson = (...args: readonly string[]) => facelatch("flash", ...args, "--yes", "--json");

test("a bundle is flashed, confirmed, compared, and gone back from", { timeout: 600_000 }, async (t) => {
  const { site, daemon, tokenFile } = await startBoard(t);
  const { path, bundle, bytes } = await writeBundle(site.folder, 105);
  const url = await daemon.url;
  const before = await daemon.untilUnlocked("the owner is let in before", 120_000);

  await t.test("nothing is sent where nobody agrees, or for a dry run", async () => {
    const asked = await facelatch("flash", url, path, "--token-file", tokenFile);
    assert.equal(asked.exitCode, 64, asked.stderr);
    assert.match(asked.stderr, /CONFIRMATION_NEEDED/);
    assert.match(asked.stderr, /test accuracy|validation accuracy/);
    const dry = await facelatch("flash", url, path, "--token-file", tokenFile, "--dry-run", "--json");
    assert.equal(dry.exitCode, 0, dry.stderr);
    assert.equal(dry.json()["outcome"], "dry-run");
    assert.equal((await daemon.status()).bundle?.sha256, before.bundle?.sha256);
  });

  await t.test("nothing is sent without the right token", async () => {
    const reader = await writeToken(site, ["read"]);
    const cases = [
      { file: reader, code: "SCOPE_MISSING" },
      {
        file: await writeToken({ ...site, stateDir: join(site.folder, "elsewhere") }, ["update"]),
        code: "TOKEN_INVALID",
      },
    ];
    for (const { file, code } of cases) {
      const { exitCode, stderr } = await flashJson(url, path, "--token-file", file);
      assert.equal(exitCode, 77, stderr);
      assert.match(stderr, new RegExp(code));
    }
    const without = await flashJson(url, path);
    assert.match(without.stderr, /TOKEN_MISSING/);
  });

  await t.test("it is sent, put on trial and confirmed", async () => {
    const { exitCode, stderr, json } = await flashJson(url, path, "--token-file", tokenFile);
    assert.equal(exitCode, 0, stderr);
    const flashed = json() as { outcome: string; bytes: number; before: { sha256: string }; figures: unknown[] };
    assert.equal(flashed.outcome, "confirmed");
    assert.equal(flashed.bytes, bytes);
    assert.equal(flashed.before.sha256, before.bundle?.sha256);
    assert.ok(flashed.figures.length > 10);
    const { bundle: running } = await daemon.untilUnlocked("the owner is let in by the new bundle", 120_000);
    assert.equal(running?.sha256, bundle.sha256);
    const types = (await daemon.events()).map(({ type }) => type);
    assert.ok(types.indexOf("update.confirmed") > types.indexOf("update.trial"), types.join(", "));
  });

  await t.test("it is not sent again", async () => {
    const again = await flashJson(url, path, "--token-file", tokenFile);
    assert.equal(again.json()["outcome"], "unchanged");
  });

  await t.test("the way back", async () => {
    const { exitCode, stderr, json } = await facelatch("rollback", url, "--token-file", tokenFile, "--yes", "--json");
    assert.equal(exitCode, 0, stderr);
    assert.equal(json()["outcome"], "rolled-back");
    const { bundle: running } = await daemon.until(
      "the old bundle is back",
      ({ bundle }) => bundle?.sha256 === before.bundle?.sha256,
      120_000,
    );
    assert.equal(running?.name, before.bundle?.name);
  });

  await t.test("what a check refuses is named, and the bundle in use stays", async () => {
    const { path: unsigned } = await writeBundle(site.folder, 106, (bundle) => {
      const files = new Map(bundle.files);
      files.delete(signatureFileName);
      return { ...bundle, files };
    });
    const refused = await flashJson(url, unsigned, "--token-file", tokenFile);
    assert.equal(refused.exitCode, 77, refused.stderr);
    assert.match(refused.stderr, /BUNDLE_UNSIGNED/);
    const state = (await (await daemon.get("/v1/updates")).json()) as { refused: { code: string }; upload: unknown };
    assert.equal(state.refused.code, "BUNDLE_UNSIGNED");
    assert.equal(state.upload, null);
    assert.equal((await daemon.status()).bundle?.sha256, before.bundle?.sha256);
  });
});

test("a bundle that does not prove itself is taken back, and the command says why", { timeout: 600_000 }, async (t) => {
  const { site, daemon, tokenFile } = await startBoard(t, { trialFrames: 10_000, trialMaxMs: 1_500 });
  const { path } = await writeBundle(site.folder, 105);
  const { exitCode, stderr } = await flashJson(await daemon.url, path, "--token-file", tokenFile);
  assert.equal(exitCode, 65, stderr);
  assert.match(stderr, /UPDATE_REVERTED/);
  assert.match(stderr, /TRIAL_NOT_FINISHED/);
  assert.match(stderr, /runs "Small" again/);
});

test("an upload goes on after its connection, its daemon and its command were cut off", {
  timeout: 600_000,
}, async (t) => {
  const { site, daemon, tokenFile } = await startBoard(t);
  const { path, bytes, bundle } = await writeBundle(site.folder, 105);
  const proxy = await cuttingProxy(t, Number(new URL(await daemon.url).port), 2_000_000);
  const args = ["flash", `http://127.0.0.1:${proxy.port}`, path, "--token-file", tokenFile, "--yes", "--json"];
  const killed = startFacelatch(...args);
  await eventually(
    "a piece has arrived",
    () => arrived(daemon),
    (offset) => offset > 0,
    120_000,
  );
  killed.child.kill("SIGKILL");
  await killed.ended;
  await daemon.end();
  const again = RealDaemon.start(t, site);
  again.headers = daemon.headers;
  proxy.target = Number(new URL(await again.url).port);
  const offset = await arrived(again);
  assert.ok(offset > 0 && offset < bytes, String(offset));
  const { exitCode, stderr } = await startFacelatch(...args).ended;
  assert.equal(exitCode, 0, stderr);
  assert.ok(proxy.cut >= 2, `cut ${proxy.cut} times`);
  assert.ok(proxy.sentBytes < bytes * 1.6, `${proxy.sentBytes} bytes were sent for ${bytes}`);
  assert.equal((await again.status()).bundle?.sha256, bundle.sha256);
});

async function arrived(daemon: RealDaemon): Promise<number> {
  const status = (await (await daemon.get("/v1/updates")).json()) as { upload: { offsetBytes: number } | null };
  return status.upload?.offsetBytes ?? 0;
}

test("over TLS only a board with the pinned certificate is given the token", { timeout: 600_000 }, async (t) => {
  const files = await makeCertificate(t);
  const { site, daemon, tokenFile } = await startBoard(t, {}, { tls: { kind: "files", ...files } });
  const { path } = await writeBundle(site.folder, 105);
  const url = await daemon.url;
  assert.match(url, /^https:/);
  const { fingerprint256 } = new X509Certificate(readFileSync(files.certificatePath));
  const reach = [url, path, "--token-file", tokenFile];
  const untrusted = await flashJson(...reach);
  assert.equal(untrusted.exitCode, 77, untrusted.stderr);
  assert.match(untrusted.stderr, /BOARD_UNTRUSTED/);
  const other = await flashJson(...reach, "--fingerprint", `00${fingerprint256.slice(2)}`);
  assert.equal(other.exitCode, 77, other.stderr);
  assert.match(other.stderr, /BOARD_UNTRUSTED/);
  const used = await facelatch("tokens", "list", "--state", site.stateDir, "--json");
  const [update] = (used.json()["tokens"] as { scopes: string[]; lastUsedAt: string | null }[]).filter(({ scopes }) =>
    scopes.includes("update"),
  );
  assert.equal(update!.lastUsedAt, null, "the token went to a board that was not the pinned one");
  const { exitCode, stderr, json } = await flashJson(...reach, "--fingerprint", fingerprint256);
  assert.equal(exitCode, 0, stderr);
  assert.equal(json()["outcome"], "confirmed");
});

/** A certificate that signs itself, made by openssl. */
async function makeCertificate(t: Ending): Promise<{ readonly certificatePath: string; readonly keyPath: string }> {
  const folder = await mkdtemp(join(tmpdir(), "facelatch-certificate-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const files = { certificatePath: join(folder, "door.crt"), keyPath: join(folder, "door.key") };
  const subject = ["-subj", "/CN=door.local", "-addext", "subjectAltName=DNS:door.local"];
  const output = ["-keyout", files.keyPath, "-out", files.certificatePath];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  execFileSync("openssl", ["req", "-x509", ...key, "-days", "2", ...subject, ...output], { stdio: "ignore" });
  return files;
}

test("tokens are not sent unencrypted beyond this machine, and words that mean nothing are refused", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "facelatch-words-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const { path } = await writeBundle(folder, 105);
  const file = join(folder, "token");
  await writeFile(file, "fl_000000000000_x\n");
  for (const args of [
    ["http://door.local:8780", path, "--token-file", file],
    ["door.local/path", path, "--token-file", file],
    ["https://user:pw@door.local", path, "--token-file", file],
    ["door.local", path, "--token-file", file, "--fingerprint", "12"],
    ["door.local", path, "--state", folder],
    [path, "--ssh", "-oProxyCommand=x"],
  ]) {
    const { exitCode, stderr } = await flashJson(...args);
    assert.equal(exitCode, 64, `${args.join(" ")}: ${stderr}`);
  }
  assert.equal((await flashJson("127.0.0.1:9", path, "--token-file", join(folder, "none"))).exitCode, 66);
});
