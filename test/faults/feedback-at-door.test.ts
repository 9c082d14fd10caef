// "Not me" under the real daemon: the door that opened for a face stays locked for it, at once and after a restart.
import assert from "node:assert/strict";
import { mkdir, readdir, rename, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { forgetFeedback } from "../../device/feedback/board-commands.ts";
import type { FeedbackItem } from "../../device/feedback/feedback.ts";
import { causesOf, makeWorkingSite, RealDaemon } from "../fixtures/real-daemon.ts";

/** The camera shows the owner in so many frames before the door counts as locked. */
const frames = 30;

async function staysShut(daemon: RealDaemon): Promise<void> {
  const first = await daemon.until("the API answers", ({ counters }) => counters.framesAnalysed > 0, 60_000);
  await daemon.until(`${frames} more frames`, (status) => {
    assert.equal(status.relay.pulses, first.relay.pulses, "the door opened");
    return status.counters.framesAnalysed >= first.counters.framesAnalysed + frames;
  });
}

test("a face that was called another's opens nothing from then on, until it is forgotten", async (t) => {
  const site = await makeWorkingSite(t);
  const daemon = RealDaemon.start(t, site);
  await daemon.untilUnlocked("the owner is let in before");
  const granted = (await daemon.events()).find(({ type }) => type === "unlock.granted")!;
  const answer = await daemon.post("/v1/feedback", {
    bootId: granted.bootId,
    presenceId: granted.data["presenceId"],
    verdict: "not_me",
    name: "Erik",
  });
  assert.equal(answer.status, 201, await answer.clone().text());
  const { id, frames: kept } = (await answer.json()) as FeedbackItem;
  assert.ok(kept >= 1);
  await staysShut(daemon);
  await daemon.end();
  const again = RealDaemon.start(t, site);
  await staysShut(again);
  assert.equal((await again.status()).feedback.negatives, 1);
  forgetFeedback(site.stateDir, id);
  await again.untilUnlocked("the owner is let in after it was forgotten");
  assert.ok((await again.events()).some(({ type, reason }) => type === "feedback.forgotten" && reason === "not_me"));
});

test("a household whose negatives cannot be known keeps the door locked until they are", async (t) => {
  const site = await makeWorkingSite(t);
  const daemon = RealDaemon.start(t, site);
  await daemon.untilUnlocked("the owner is let in before the fault");
  const inTheWay = join(site.stateDir, "feedback", "register-2");
  await mkdir(inTheWay, { recursive: true });
  const status = await daemon.staysLocked("FEEDBACK_UNAVAILABLE", frames);
  assert.equal(status.feedback.state, "failed");
  await rmdir(inTheWay);
  await daemon.untilUnlocked("the owner is let in again");
});

test("a register that is taken away while the daemon runs locks the door", async (t) => {
  const site = await makeWorkingSite(t);
  const daemon = RealDaemon.start(t, site);
  await daemon.untilUnlocked("the owner is let in before the fault");
  const granted = (await daemon.events()).find(({ type }) => type === "unlock.granted")!;
  const presenceId = granted.data["presenceId"];
  await daemon.post("/v1/feedback", { bootId: granted.bootId, presenceId, verdict: "was_me" });
  await daemon.untilUnlocked("what was the owner's changes nothing");
  const folder = join(site.stateDir, "feedback");
  const name = (await readdir(folder)).find((entry) => entry.startsWith("register-"))!;
  await rename(join(folder, name), join(site.folder, name));
  await daemon.staysLocked("FEEDBACK_UNAVAILABLE", frames);
  await rename(join(site.folder, name), join(folder, name));
  await daemon.until("the cause is gone", (now) => causesOf(now).length === 0);
  await daemon.untilUnlocked("the owner is let in again");
});
