// Tokens in the state folder: shown once, kept as a hash, and revoked from one moment to the next.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { allows, type Scope, scopes } from "../../../device/access/access.ts";
import { TokenFolder } from "../../../device/access/token-folder.ts";
import { type ErrorCode, FacelatchError } from "../../../device/errors/errors.ts";
import type { Ending } from "../api/fake-device.ts";

function stateFolder(t: Ending): string {
  const folder = mkdtempSync(join(tmpdir(), "facelatch-tokens-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const withCode = (code: ErrorCode) => (error: unknown) => error instanceof FacelatchError && error.code === code;
const reader = { name: "phone", scopes: ["read"] as Scope[], expiresAt: null };

describe("tokens", () => {
  it("hold 256 random bits, of which only a hash is kept, in files that nobody else may read", async (t) => {
    const state = stateFolder(t);
    const tokens = new TokenFolder(state);
    const { id, text } = await tokens.make(reader);
    const [, , secret = ""] = /^(fl)_[0-9a-f]{12}_(.+)$/.exec(text)!;
    assert.equal(Buffer.from(secret, "base64url").byteLength, 32);
    assert.notEqual((await tokens.make(reader)).text, text);
    const folder = join(state, "access");
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    for (const name of readdirSync(folder)) {
      assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
      assert.ok(!readFileSync(join(folder, name), "utf8").includes(secret));
    }
    assert.ok(!JSON.stringify(await tokens.list()).includes(secret));
    assert.equal((await tokens.tokenOf(text))?.id, id);
  });

  it("count only as they were given out", async (t) => {
    const tokens = new TokenFolder(stateFolder(t));
    const { id, text } = await tokens.make(reader);
    const other = await tokens.make(reader);
    const last = text.at(-1) === "A" ? "B" : "A";
    for (const wrong of [
      "",
      "fl_",
      id,
      text.slice(0, -1),
      `${text}A`,
      `${text.slice(0, -1)}${last}`,
      text.replace(id, other.id),
      text.replace(id, "0".repeat(12)),
      text.replace(id, "../../etc/pas"),
      text.toUpperCase(),
      ` ${text}`,
    ]) {
      assert.equal(await tokens.tokenOf(wrong), null, wrong);
    }
  });

  it("count no more once another process has revoked them, and stay on the list", async (t) => {
    const state = stateFolder(t);
    const inDaemon = new TokenFolder(state);
    const { id, text } = await inDaemon.make(reader);
    assert.ok(await inDaemon.tokenOf(text));
    assert.equal(await inDaemon.hasTokens(), true);
    await new TokenFolder(state).revoke(id);
    assert.equal(await inDaemon.tokenOf(text), null);
    assert.equal(await inDaemon.hasTokens(), false);
    assert.deepEqual(
      (await inDaemon.list()).map((token) => [token.id, token.state]),
      [[id, "revoked"]],
    );
    for (const unknown of [id, "0".repeat(12), "../access"]) {
      await assert.rejects(inDaemon.revoke(unknown), withCode("INPUT_MISSING"));
    }
  });

  it("count no more once they have expired", async (t) => {
    const tokens = new TokenFolder(stateFolder(t));
    const past = await tokens.make({ ...reader, expiresAt: new Date(Date.now() - 1) });
    const later = await tokens.make({ ...reader, expiresAt: new Date(Date.now() + 3_600_000) });
    assert.equal(await tokens.tokenOf(past.text), null);
    assert.equal((await tokens.tokenOf(later.text))?.id, later.id);
    assert.deepEqual((await tokens.list()).map(({ state }) => state).sort(), ["expired", "valid"]);
  });

  it("tell when they were last used", async (t) => {
    const tokens = new TokenFolder(stateFolder(t));
    const { text } = await tokens.make(reader);
    assert.equal((await tokens.list())[0]!.lastUsedAt, null);
    await tokens.tokenOf(`${text.slice(0, -3)}AAA`);
    assert.equal((await tokens.list())[0]!.lastUsedAt, null);
    await tokens.tokenOf(text);
    assert.ok(Math.abs(Date.parse((await tokens.list())[0]!.lastUsedAt!) - Date.now()) < 60_000);
  });

  it("let nobody in where a record is damaged", async (t) => {
    const state = stateFolder(t);
    const tokens = new TokenFolder(state);
    const { id, text } = await tokens.make(reader);
    for (const damage of ["", "{}", "x".repeat(10_000)]) {
      writeFileSync(join(state, "access", `${id}.json`), damage);
      await assert.rejects(tokens.tokenOf(text), withCode("ACCESS_UNAVAILABLE"));
      await assert.rejects(tokens.hasTokens(), withCode("ACCESS_UNAVAILABLE"));
    }
  });

  it("need a name and scopes", async (t) => {
    const tokens = new TokenFolder(stateFolder(t));
    for (const wrong of [
      { ...reader, name: "" },
      { ...reader, name: "x".repeat(65) },
      { ...reader, scopes: [] },
    ]) {
      await assert.rejects(tokens.make(wrong), withCode("INPUT_INVALID"));
    }
    assert.deepEqual(await tokens.list(), []);
  });
});

describe("scopes", () => {
  it("allow what they are called, and admin all but to unlock, to enrol and to see pictures", () => {
    for (const held of scopes) {
      for (const asked of scopes) {
        const isAllowed = held === asked || (held === "admin" && !["unlock", "people", "snapshots"].includes(asked));
        assert.equal(allows({ scopes: [held] }, [asked]), isAllowed, `${held} for ${asked}`);
      }
    }
    assert.equal(allows({ scopes: ["update"] }, ["read", "update"]), true);
    assert.equal(allows({ scopes: ["admin"] }, ["unlock"]), false);
  });
});
