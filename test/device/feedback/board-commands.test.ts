// The commands on the board, as a program of their own, beside a daemon's feedback that stays open.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chownSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { packageRoot } from "../../../device/installation/installation.ts";
import { type Ending, jpegOf, openFeedback, space, subjectFrame, temporaryFolder } from "./open-feedback.ts";

function facelatch(...args: string[]) {
  const program = join(packageRoot, "dist/facelatch.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, "feedback", ...args], { encoding: "utf8" });
  return { status, stdout, stderr, json: () => JSON.parse(stdout.trim().split("\n").at(-1)!) };
}

/** A state with a named, an unnamed and an owner's presence, two frames each. */
function makeState(t: Ending) {
  const at = "2026-11-23T23:59:59.000Z";
  const { feedback, stateDir, events } = openFeedback(t, { wallClock: () => new Date(at) });
  for (const presenceId of [1, 2, 3])
    for (const frameSeq of [presenceId * 10, presenceId * 10 + 1])
      feedback.noteFrame(subjectFrame(presenceId, { frameSeq, quality: 1 / frameSeq }));
  const record = (presenceId: number, verdict: "not_me" | "was_me", name?: string) =>
    feedback.record({ bootId: "boot-1", presenceId, verdict, ...(name !== undefined && { name }) }).item.id;
  const ids = [record(1, "not_me", "Anna B"), record(2, "not_me"), record(3, "was_me")] as const;
  return { feedback, stateDir, events, ids };
}

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort();

describe("facelatch feedback list", () => {
  it("tells every item, and neither frames nor embeddings", (t) => {
    const { stateDir, ids, feedback } = makeState(t);
    const answer = facelatch("list", "--state", stateDir, "--json");
    assert.deepEqual(answer.json(), { items: feedback.items({ afterSeq: 0, limit: 9 }) });
    const { stdout } = facelatch("list", "--state", stateDir);
    assert.match(stdout, new RegExp(`${ids[0]} .* not_me .* household negative, Anna B`));
    assert.equal(stdout.trim().split("\n").length, 3);
  });

  it("says so where there is nothing, and where there is no state", (t) => {
    const empty = temporaryFolder(t);
    assert.deepEqual(facelatch("list", "--state", empty, "--json").json(), { items: [] });
    assert.deepEqual(readdirSync(empty), []);
    const answer = facelatch("list", "--state", join(empty, "nowhere"));
    assert.equal(answer.status, 66);
    assert.match(answer.stderr, /INPUT_MISSING/);
  });

  it("ends with the disk's exit code where the register or the key is not sound", (t) => {
    const { stateDir } = makeState(t);
    rmSync(join(stateDir, "keys/feedback.key"));
    const answer = facelatch("list", "--state", stateDir);
    assert.equal(answer.status, 74);
    assert.match(answer.stderr, /FEEDBACK_UNAVAILABLE/);
  });
});

describe("facelatch feedback forget", () => {
  it("removes the item, its frames and its negative, and a daemon that runs takes it up and records it", (t) => {
    const { stateDir, ids, feedback, events } = makeState(t);
    assert.equal(feedback.negatives(space).length, 4);
    const answer = facelatch("forget", ids[0], "--state", stateDir, "--json");
    assert.equal(answer.status, 0, answer.stderr);
    assert.equal(answer.json().forgotten.id, ids[0]);
    feedback.sweep();
    assert.deepEqual(
      feedback.negatives(space).map(({ name }) => name),
      ["unnamed", "unnamed"],
    );
    const { type, reason, data } = events.at(-1)!;
    assert.deepEqual([type, reason, data], ["feedback.forgotten", "not_me", { itemId: ids[0], presenceId: 1 }]);
    assert.deepEqual(
      readdirSync(join(stateDir, "feedback/frames")).sort(),
      [`${ids[1]}.frames`, `${ids[2]}.frames`].sort(),
    );
    assert.equal(facelatch("forget", ids[0], "--state", stateDir).status, 66);
    const again = feedback.record({ bootId: "boot-1", presenceId: 1, verdict: "was_me" });
    assert.ok(again.isNew, "what was forgotten can be said anew");
  });

  it("leaves the daemon's files to the daemon's user when root gives the command", (t) => {
    if (process.getuid?.() !== 0) return t.skip("this is about root");
    const { stateDir, ids } = makeState(t);
    const uid = 12_345;
    for (const path of ["", "keys", "feedback", "feedback/frames", "feedback/register-4", "keys/feedback.key"])
      chownSync(join(stateDir, path), uid, uid);
    assert.equal(facelatch("forget", ids[0], "--state", stateDir).status, 0);
    assert.equal(statSync(join(stateDir, "feedback/register-5")).uid, uid);
  });
});

describe("facelatch feedback export", () => {
  it("writes each frame as it was seen, by day and by person, and leaves the queue as it is", (t) => {
    const { stateDir, ids } = makeState(t);
    const out = join(temporaryFolder(t), "retrain");
    const before = filesOf(stateDir);
    const answer = facelatch("export", "--out", out, "--state", stateDir, "--json");
    assert.deepEqual(answer.json(), { written: 6, alreadyThere: 0, damaged: [] });
    const expected = [
      ...[10, 11].map((seq) => `household/Anna B/${ids[0]}-${seq}.jpg`),
      ...[20, 21].map((seq) => `household/unnamed/${ids[1]}-${seq}.jpg`),
      ...[30, 31].map((seq) => `owner/2026-11-23/${ids[2]}-${seq}.jpg`),
    ];
    assert.deepEqual(filesOf(out), expected.sort());
    assert.deepEqual(new Uint8Array(readFileSync(join(out, expected[0]!))), jpegOf(10));
    assert.equal(statSync(join(out, expected[0]!)).mode & 0o777, 0o600);
    assert.deepEqual(filesOf(stateDir), before);
    assert.deepEqual(facelatch("export", "--out", out, "--state", stateDir, "--json").json(), {
      written: 0,
      alreadyThere: 6,
      damaged: [],
    });
  });

  it("leaves out what is damaged, and names it", (t) => {
    const { stateDir, ids } = makeState(t);
    const out = temporaryFolder(t);
    writeFileSync(join(stateDir, `feedback/frames/${ids[1]}.frames`), "nothing");
    const answer = facelatch("export", "--out", out, "--state", stateDir, "--json");
    assert.deepEqual(answer.json(), { written: 4, alreadyThere: 0, damaged: [ids[1]] });
    assert.equal(answer.status, 0);
  });

  it("is refused where it cannot write", (t) => {
    const { stateDir } = makeState(t);
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, "file"), "");
    const answer = facelatch("export", "--out", join(folder, "file"), "--state", stateDir);
    assert.equal(answer.status, 65);
    assert.match(answer.stderr, /INPUT_INVALID/);
  });
});
