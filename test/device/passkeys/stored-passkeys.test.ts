// Passkeys: what is kept of them, and that an assertion counts once, for one request, of one asker, at one page.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type ErrorCode, FacelatchError } from "../../../device/errors/errors.ts";
import { challengeMs } from "../../../device/passkeys/challenges.ts";
import type { Ask } from "../../../device/passkeys/passkeys.ts";
import { passkeysMax } from "../../../device/passkeys/stored-passkeys.ts";
import type { Ending } from "../feedback/open-feedback.ts";
import { Authenticator, type Faults } from "./authenticator.ts";
import { type OpenedPasskeys, openPasskeys } from "./open-passkeys.ts";

const withCode = (code: ErrorCode) => (error: unknown) => error instanceof FacelatchError && error.code === code;
const site = { host: "door.local", origin: "https://door.local:8780" };
const ask: Ask = { asker: "0123456789ab", site };
const request = "a".repeat(32);
const by = "the page (session 0123456789ab)";

async function registered({ passkeys }: Pick<OpenedPasskeys, "passkeys">, key = new Authenticator(), at = ask) {
  const credential = key.make(await passkeys.offer(at), at.site);
  return { key, passkey: await passkeys.register(at, { name: "phone", by, credential }) };
}

async function opened(t: Ending) {
  const clock = { nowMs: 0 };
  const all = openPasskeys(t, { nowMs: () => clock.nowMs, wallClock: () => new Date("2026-11-29T10:00:00Z") });
  return { ...all, clock, ...(await registered(all)) };
}

describe("a passkey", () => {
  it("is kept as its public half, for the daemon alone, with an event before", async (t) => {
    const { passkeys, stateDir, events, key, passkey } = await opened(t);
    const { name, host, lastUsedAt } = passkey;
    assert.deepEqual([name, host, lastUsedAt], ["phone", "door.local", null]);
    assert.deepEqual(await openPasskeys(t, { stateDir }).passkeys.list(), [passkey]);
    const folder = join(stateDir, "passkeys");
    assert.deepEqual(readdirSync(folder), [`${passkey.id}.json`]);
    assert.deepEqual(
      [statSync(folder).mode & 0o777, statSync(join(folder, `${passkey.id}.json`)).mode & 0o777],
      [0o700, 0o600],
    );
    const kept = JSON.parse(readFileSync(join(folder, `${passkey.id}.json`), "utf8")) as Record<string, unknown>;
    assert.deepEqual(Object.keys(kept).sort(), [
      ...["counter", "createdAt", "credentialId", "host", "lastUsedAt", "name", "publicKey", "transports"],
    ]);
    assert.equal(kept["credentialId"], key.id);
    assert.deepEqual(
      events.map(({ type, data }) => [type, data]),
      [["passkey.registered", { by }]],
    );
    await passkeys.remove(passkey.id, by);
    assert.deepEqual([readdirSync(folder), events.at(-1)?.type], [[], "passkey.removed"]);
    await assert.rejects(passkeys.remove(passkey.id, by), withCode("PASSKEY_UNKNOWN"));
  });

  it("is registered only as it was offered, once, and not without a record", async (t) => {
    const { passkeys, key } = await opened(t);
    const refusals: readonly (readonly [Faults, ErrorCode])[] = [
      [{ origin: "https://evil.example" }, "PASSKEY_REFUSED"],
      [{ host: "evil.example" }, "PASSKEY_REFUSED"],
      [{ type: "webauthn.get" }, "PASSKEY_REFUSED"],
      [{ crossOrigin: true }, "PASSKEY_REFUSED"],
      [{ flags: 0 }, "PASSKEY_REFUSED"],
      [{ flags: 1 }, "PASSKEY_REFUSED"],
      [{ challenge: "AAAA" }, "PASSKEY_STALE"],
      [{ format: "packed", chain: [Buffer.from("a certificate")] }, "PASSKEY_REFUSED"],
    ];
    for (const [faults, code] of refusals) {
      const credential = new Authenticator().make(await passkeys.offer(ask), site, faults);
      await assert.rejects(
        passkeys.register(ask, { name: "x", by, credential }),
        withCode(code),
        JSON.stringify(faults),
      );
    }
    const options = await passkeys.offer(ask);
    const credential = new Authenticator().make(options, site);
    for (const other of [
      { ...ask, asker: "ba9876543210" },
      { ...ask, site: { ...site, host: "other.local" } },
    ]) {
      await assert.rejects(passkeys.register(other, { name: "x", by, credential }), withCode("PASSKEY_STALE"));
    }
    await assert.rejects(
      passkeys.register(ask, { name: "x", by, credential }),
      withCode("PASSKEY_STALE"),
      "it was used up",
    );
    const again = key.make(await passkeys.offer(ask), site);
    await assert.rejects(passkeys.register(ask, { name: "x", by, credential: again }), withCode("PASSKEY_REFUSED"));
    const full = new FacelatchError("STORE_FULL", { expected: "space", found: "none", next: "Free some." });
    const unrecorded = openPasskeys(t, {
      record: () => {
        throw full;
      },
    });
    await assert.rejects(registered(unrecorded), full);
    assert.deepEqual([await unrecorded.passkeys.list(), (await passkeys.list()).length], [[], 1]);
  });

  it("that vouches for itself is taken", async (t) => {
    const { passkeys } = await opened(t);
    const credential = new Authenticator().make(await passkeys.offer(ask), site, { format: "packed" });
    assert.equal((await passkeys.register(ask, { name: "self", by, credential })).name, "self");
  });

  it("is not taken where it could not be read again, which would put all of them out of use", async (t) => {
    const all = await opened(t);
    const { passkeys, passkey, events } = all;
    await assert.rejects(registered(all, new Authenticator(1_024)), withCode("PASSKEY_REFUSED"));
    assert.deepEqual([await passkeys.list(), events.length], [[passkey], 1]);
    await registered(all, new Authenticator(1_023));
    assert.equal((await passkeys.list()).length, 2);
  });

  it("is one of so many", async (t) => {
    const all = openPasskeys(t);
    for (let i = 0; i < passkeysMax; i++) await registered(all);
    await assert.rejects(registered(all), withCode("PASSKEY_LIMIT"));
  });
});

describe("an assertion", () => {
  it("counts once, and is noted", async (t) => {
    const { passkeys, key, passkey } = await opened(t);
    const options = await passkeys.challenge(ask, request);
    assert.deepEqual(options["allowCredentials"], [{ id: key.id, type: "public-key", transports: ["internal"] }]);
    assert.deepEqual(
      [options["rpId"], options["userVerification"], options["timeout"]],
      ["door.local", "required", challengeMs],
    );
    const assertion = key.show(options, site);
    assert.equal((await passkeys.confirm(ask, request, assertion)).id, passkey.id);
    assert.equal((await passkeys.list())[0]?.lastUsedAt, "2026-11-29T10:00:00.000Z");
    await assert.rejects(passkeys.confirm(ask, request, assertion), withCode("PASSKEY_STALE"));
  });

  it("counts for nothing where anything about it is another", async (t) => {
    const { passkeys, key } = await opened(t);
    const refusals: readonly (readonly [Faults, ErrorCode])[] = [
      [{ origin: "https://door.local" }, "PASSKEY_REFUSED"],
      [{ origin: "http://door.local:8780" }, "PASSKEY_REFUSED"],
      [{ host: "local" }, "PASSKEY_REFUSED"],
      [{ type: "webauthn.create" }, "PASSKEY_REFUSED"],
      [{ crossOrigin: true }, "PASSKEY_REFUSED"],
      [{ flags: 0 }, "PASSKEY_REFUSED"],
      [{ flags: 1 }, "PASSKEY_REFUSED"],
      [{ flags: 4 }, "PASSKEY_REFUSED"],
      [{ challenge: "AAAA" }, "PASSKEY_STALE"],
    ];
    for (const [faults, code] of refusals) {
      const assertion = key.show(await passkeys.challenge(ask, request), site, faults);
      await assert.rejects(passkeys.confirm(ask, request, assertion), withCode(code), JSON.stringify(faults));
      await assert.rejects(
        passkeys.confirm(ask, request, assertion),
        withCode(code === "PASSKEY_STALE" || faults.crossOrigin ? code : "PASSKEY_STALE"),
      );
    }
    const stranger = new Authenticator();
    const strange = stranger.show(await passkeys.challenge(ask, request), site);
    await assert.rejects(
      passkeys.confirm(ask, request, strange),
      withCode("PASSKEY_REFUSED"),
      "of a key that nobody registered",
    );
    const forged = { ...stranger.show(await passkeys.challenge(ask, request), site), id: key.id };
    await assert.rejects(passkeys.confirm(ask, request, forged), withCode("PASSKEY_REFUSED"), "in another's name");
    for (const clientDataJSON of [
      "AAAA",
      Buffer.from("null").toString("base64url"),
      Buffer.from("{}").toString("base64url"),
    ]) {
      const broken = { ...key.show(await passkeys.challenge(ask, request), site), clientDataJSON };
      await assert.rejects(passkeys.confirm(ask, request, broken), withCode("PASSKEY_REFUSED"));
    }
    const sound = key.show(await passkeys.challenge(ask, request), site);
    assert.ok(await passkeys.confirm(ask, request, sound), "and the next one counts");
  });

  it("is of the request, the asker and the page that its challenge was made for", async (t) => {
    const { passkeys, key } = await opened(t);
    const elsewhere = { ...site, origin: "https://door.local" };
    const others: readonly (readonly [Ask, string])[] = [
      [ask, "b".repeat(32)],
      [{ ...ask, asker: "ba9876543210" }, request],
      [{ ...ask, site: elsewhere }, request],
    ];
    for (const [other, id] of others) {
      const assertion = key.show(await passkeys.challenge(ask, request), site);
      await assert.rejects(passkeys.confirm(other, id, assertion), withCode("PASSKEY_STALE"));
      await assert.rejects(passkeys.confirm(ask, request, assertion), withCode("PASSKEY_STALE"), "it was used up");
    }
    const registration = key.show(await passkeys.offer(ask), site);
    await assert.rejects(passkeys.confirm(ask, request, registration), withCode("PASSKEY_STALE"));
    const there = { ...ask, site: { host: "other.local", origin: "https://other.local:8780" } };
    await assert.rejects(passkeys.challenge(there, request), withCode("PASSKEY_MISSING"));
  });

  it("comes within a minute", async (t) => {
    const { passkeys, key, clock } = await opened(t);
    const options = await passkeys.challenge(ask, request);
    clock.nowMs += challengeMs;
    await assert.rejects(passkeys.confirm(ask, request, key.show(options, site)), withCode("PASSKEY_STALE"));
    const next = await passkeys.challenge(ask, request);
    clock.nowMs += challengeMs - 1;
    assert.ok(await passkeys.confirm(ask, request, key.show(next, site)));
  });

  it("of a counter that did not rise is a copy's, after a restart too", async (t) => {
    const { passkeys, key, stateDir } = await opened(t);
    await passkeys.confirm(ask, request, key.show(await passkeys.challenge(ask, request), site, { counter: 7 }));
    for (const counter of [7, 6, 0]) {
      for (const { passkeys: door } of [{ passkeys }, openPasskeys(t, { stateDir })]) {
        const copied = key.show(await door.challenge(ask, request), site, { counter });
        await assert.rejects(door.confirm(ask, request, copied), withCode("PASSKEY_REFUSED"), String(counter));
      }
    }
    const both = [8, 8].map(async (counter) => {
      const assertion = key.show(await passkeys.challenge(ask, request), site, { counter });
      return passkeys.confirm(ask, request, assertion).then(
        () => true,
        () => false,
      );
    });
    assert.deepEqual((await Promise.all(both)).sort(), [false, true], "of two at once one counts");
  });

  it("counts for nothing while the passkeys cannot be read, or its use not be written", async (t) => {
    const { passkeys, key, passkey, stateDir } = await opened(t);
    const path = join(stateDir, "passkeys", `${passkey.id}.json`);
    const text = readFileSync(path, "utf8");
    const assertion = key.show(await passkeys.challenge(ask, request), site);
    for (const damaged of ["", "{}", text.slice(0, -9), text.replace('"counter":0', '"counter":-1')]) {
      writeFileSync(path, damaged);
      await assert.rejects(passkeys.challenge(ask, request), withCode("PASSKEYS_UNAVAILABLE"));
    }
    await assert.rejects(passkeys.confirm(ask, request, assertion), withCode("PASSKEYS_UNAVAILABLE"));
    writeFileSync(path, text);
    const next = key.show(await passkeys.challenge(ask, request), site);
    mkdirSync(join(stateDir, "passkeys", `.${passkey.id}.json.next`, "in-the-way"), { recursive: true });
    await assert.rejects(passkeys.confirm(ask, request, next), withCode("PASSKEYS_UNAVAILABLE"));
    chmodSync(path, 0o600);
  });
});

describe("challenges", () => {
  it("are few: an asker's own oldest makes way, and no other's", async (t) => {
    const { passkeys, key } = await opened(t);
    const mine = await passkeys.challenge({ ...ask, asker: "mine" }, request);
    const first = await passkeys.challenge(ask, request);
    for (let i = 0; i < 4; i++) await passkeys.challenge(ask, request);
    await assert.rejects(passkeys.confirm(ask, request, key.show(first, site)), withCode("PASSKEY_STALE"));
    for (let i = 0; i < 1_019; i++) await passkeys.challenge({ ...ask, asker: String(i) }, request);
    await assert.rejects(passkeys.challenge({ ...ask, asker: "one more" }, request), withCode("TOO_MANY_REQUESTS"));
    assert.ok(await passkeys.confirm({ ...ask, asker: "mine" }, request, key.show(mine, site)));
  });
});
