// Keys by the real command: made with care, several at once, trusted and revoked on the workstation and on a board.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { makeKey, type ringKeys, ringTrustFolder, signingKeys } from "../../../deploy/keys/keyring.ts";
import { listKeys, revokeKey, trustKey } from "../../../deploy/keys/trust-folder.ts";
import { keyIdOf, signManifest, verifySignature } from "../../../device/slots/signature.ts";
import { readPublicKey, readTrustedKeys, trustedKeysFolder } from "../../../device/slots/trusted-keys.ts";
import { type Ended, facelatch } from "../../fixtures/facelatch-command.ts";
import { testKey, trustTestKey } from "../../fixtures/test-keys.ts";

let root = "";
let ring = "";
const noPassphrase = async (): Promise<string> => assert.fail("asked for a passphrase");

before(async () => {
  root = await mkdtemp(join(tmpdir(), "facelatch-keys-"));
});

after(() => rm(root, { recursive: true, force: true }));

beforeEach(async () => {
  ring = join(root, "ring");
  await rm(ring, { recursive: true, force: true });
});

const command = (...args: string[]): Promise<Ended> => facelatch("keys", ...args, "--json");

describe("facelatch keys", () => {
  it("makes, lists, rotates, trusts and revokes", async () => {
    const made = await command("make", "--keys", ring);
    assert.equal(made.exitCode, 0, made.stderr);
    const { keyId, publicKey } = made.json() as { keyId: string; publicKey: string };
    assert.equal((await stat(join(ring, "private", `${keyId}.pem`))).mode & 0o777, 0o600);
    assert.equal((await stat(join(ring, "private"))).mode & 0o077, 0);
    const again = await command("make", "--keys", ring);
    assert.deepEqual([again.exitCode, /keys rotate/.test(again.stderr)], [64, true], again.stderr);
    const rotated = (await command("rotate", "--keys", ring)).json()["keyId"] as string;
    const state = join(root, "state");
    const trusted = await command("trust", publicKey, "--state", state);
    assert.equal(trusted.json()["keyId"], keyId, trusted.stderr);
    assert.deepEqual(
      (await listKeys(trustedKeysFolder(state))).map((key) => [key.keyId, key.state]),
      [[keyId, "trusted"]],
    );
    assert.equal((await command("revoke", keyId, "--keys", ring)).exitCode, 0);
    const { keys } = (await command("list", "--keys", ring)).json() as { keys: Awaited<ReturnType<typeof ringKeys>> };
    assert.deepEqual(
      keys.map((key) => [key.keyId, key.state, key.signs]),
      [
        [rotated, "trusted", true],
        [keyId, "revoked", false],
      ],
    );
    const both = await command("list", "--keys", ring, "--state", state);
    assert.equal(both.exitCode, 64);
  });
});

describe("a workstation's keys", () => {
  it("sign together while one follows another, and no longer once one is revoked", async () => {
    const first = await makeKey(ring, null);
    const second = await makeKey(ring, null);
    const manifest = new TextEncoder().encode("{}");
    const keys = await signingKeys(ring, noPassphrase);
    const signature = signManifest(manifest, keys);
    assert.deepEqual(signManifest(manifest, keys.toReversed()), signature, "the same keys give the same bytes");
    const trust = await readTrustedKeys([ringTrustFolder(ring)]);
    assert.ok([first, second].includes(verifySignature(manifest, signature, trust)));
    await revokeKey(ringTrustFolder(ring), first);
    assert.deepEqual((await signingKeys(ring, noPassphrase)).map(keyIdOf), [second]);
  });

  it("may have a passphrase, without which they sign nothing", async () => {
    const keyId = await makeKey(ring, "correct horse");
    assert.match(await readFile(join(ring, "private", `${keyId}.pem`), "utf8"), /ENCRYPTED PRIVATE KEY/);
    assert.deepEqual((await signingKeys(ring, async () => "correct horse")).map(keyIdOf), [keyId]);
    await assert.rejects(
      signingKeys(ring, async () => "wrong"),
      { code: "KEY_INVALID" },
    );
  });

  it("that others may read sign nothing, and neither does an empty ring", async () => {
    await assert.rejects(signingKeys(ring, noPassphrase), { code: "KEY_MISSING", message: /facelatch keys make/ });
    const keyId = await makeKey(ring, null);
    await chmod(join(ring, "private", `${keyId}.pem`), 0o640);
    await assert.rejects(signingKeys(ring, noPassphrase), { code: "KEY_INVALID", message: /0640/ });
  });
});

describe("a folder of trusted keys", () => {
  it("takes no private key, no other kind of key, no rubbish", async () => {
    const folder = join(root, "mixed");
    const keyId = await makeKey(ring, null);
    const files = {
      "private.pem": await readFile(join(ring, "private", `${keyId}.pem`)),
      "rubbish.pem": "rubbish",
      "large.pem": "x".repeat(5_000),
    };
    await trustTestKey(folder);
    for (const [name, content] of Object.entries(files)) {
      const path = join(folder, name);
      await writeFile(path, content);
      await assert.rejects(readPublicKey(path), { code: "KEY_INVALID" });
      await assert.rejects(readTrustedKeys([folder]), { code: "KEY_INVALID" }, name);
      await rm(path);
    }
    assert.deepEqual([...(await readTrustedKeys([folder])).trusted.keys()], [keyIdOf(testKey(1))]);
  });

  it("trusts no key again that was revoked, in whatever folder that was", async () => {
    const [here, there] = [join(root, "here"), join(root, "there")];
    const keyId = await trustTestKey(here);
    await trustTestKey(there);
    await revokeKey(there, keyId);
    assert.ok((await readTrustedKeys([here, there])).revoked.has(keyId));
    const key = await readPublicKey(join(there, "revoked", `${keyId}.pem`));
    await assert.rejects(trustKey(there, key), { code: "KEY_INVALID", message: /rotate/ });
    await assert.rejects(revokeKey(there, keyId), { code: "KEY_MISSING" });
    assert.deepEqual(await readdir(there), ["revoked"]);
    const [listed] = await listKeys(there);
    const der = key.export({ type: "spki", format: "der" });
    assert.equal(listed?.fingerprint, createHash("sha256").update(der).digest("hex"));
  });
});
