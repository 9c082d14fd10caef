// The files of feedback under what happens to files: killed writers, leftovers, and two processes that write at once.
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { FeedbackFolder } from "../../../device/feedback/feedback-folder.ts";
import { siblingModule } from "../../../device/installation/installation.ts";
import { openFeedback, space, subjectFrame, temporaryFolder } from "./open-feedback.ts";

describe("a writer that is killed", () => {
  it("leaves every item that it reported, whole, and nothing half", { timeout: 60_000 }, async (t) => {
    for (const reportsMax of [1, 2, 7, 20]) {
      const stateDir = temporaryFolder(t);
      const child = fork(siblingModule(import.meta.filename, "record-until-killed"), [stateDir]);
      t.after(() => child.kill("SIGKILL"));
      const reported: string[] = [];
      child.on("message", (id) => {
        reported.push(id as string);
        if (reported.length === reportsMax) child.kill("SIGKILL");
      });
      await once(child, "close");
      assert.ok(reported.length >= reportsMax);
      const { feedback, events } = openFeedback(t, { stateDir, bootId: "boot-2" });
      const items = feedback.items({ afterSeq: 0, limit: 1_000 });
      const ids = items.map(({ id }) => id);
      assert.deepEqual(ids.slice(0, reported.length), reported);
      assert.ok(ids.length <= reported.length + 1, "at most the one that was under way");
      const negatives = items.filter(({ verdict }) => verdict === "not_me").length;
      assert.equal(feedback.negatives(space).length, negatives);
      for (let i = 0; i < ids.length; i++) feedback.sweep();
      assert.deepEqual([feedback.status().damaged, events], [0, []]);
      const files = readdirSync(join(stateDir, "feedback/frames"));
      assert.deepEqual(files.sort(), ids.map((id) => `${id}.frames`).sort());
      assert.equal(readdirSync(join(stateDir, "feedback")).length, 2, "one register and the folder of frames");
    }
  });
});

describe("leftovers", () => {
  it("of a killed writer are removed when the daemon opens the folder, and not by a command", (t) => {
    const { feedback, stateDir } = openFeedback(t);
    feedback.noteFrame(subjectFrame(1));
    feedback.record({ bootId: "boot-1", presenceId: 1, verdict: "not_me" });
    const leftovers = ["feedback/.new-0011", "feedback/frames/.new-0022", "feedback/frames/ffffffffffff.frames"];
    for (const path of leftovers) writeFileSync(join(stateDir, path), "half");
    writeFileSync(join(stateDir, "feedback/register-1"), "an older one");
    FeedbackFolder.open(stateDir);
    assert.ok(existsSync(join(stateDir, leftovers[0]!)));
    const again = openFeedback(t, { stateDir }).feedback;
    assert.equal(again.negatives(space).length, 1);
    for (const path of [...leftovers, "feedback/register-1"]) assert.ok(!existsSync(join(stateDir, path)), path);
  });
});

describe("two processes that write at once", () => {
  it("lose nothing of each other", { timeout: 60_000 }, async (t) => {
    const { feedback, stateDir, events } = openFeedback(t, { negativesMax: 10_000 });
    const record = (presenceId: number): string => {
      feedback.noteFrame(subjectFrame(presenceId));
      return feedback.record({ bootId: "boot-1", presenceId, verdict: "not_me" }).item.id;
    };
    const first = Array.from({ length: 20 }, (_, i) => record(i + 1));
    const child = fork(siblingModule(import.meta.filename, "forget-one-by-one"), [stateDir, ...first]);
    const later: string[] = [];
    // With each item that the other has forgotten, and while it goes on with the next one.
    child.on("message", () => later.push(record(100 + later.length)));
    const [code] = await once(child, "close");
    assert.equal(code, 0);
    feedback.sweep();
    assert.deepEqual(
      feedback.items({ afterSeq: 0, limit: 10_000 }).map(({ id }) => id),
      later,
    );
    assert.deepEqual(
      new Set(events.flatMap(({ type, data }) => (type === "feedback.forgotten" ? [data["itemId"]] : []))),
      new Set(first),
    );
    assert.equal(feedback.negatives(space).length, later.length);
    assert.deepEqual(readdirSync(join(stateDir, "feedback/frames")).length, later.length);
  });
});
