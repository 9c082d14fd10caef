// Feedback under faults: a full disk half-way through, and, under the real daemon, negatives that cannot be known.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, test } from "node:test";
import { siblingModule } from "../../device/installation/installation.ts";
import { causesOf, makeWorkingSite, RealDaemon } from "../fixtures/real-daemon.ts";

/** Runs a program whose disk is a mount of its own, where nobody needs to be root. */
const smallDisk = ["--user", "--map-root-user", "--mount", "sh", "-c"] as const;
const mountAndRun = 'mount -t tmpfs -o size=1m none "$0" && exec "$@"';

function smallDiskRefusal(): string | null {
  try {
    execFileSync("unshare", [...smallDisk, "mount -t tmpfs none /mnt"], { stdio: "pipe" });
    return null;
  } catch (error) {
    return `unprivileged mount namespaces are not allowed here: ${error instanceof Error ? error.message : error}`;
  }
}

const refusal = smallDiskRefusal();

interface OnDisk {
  readonly answer: { readonly status: number; readonly code: string | null };
  readonly frames: number;
  readonly others: readonly string[];
  readonly negatives: number;
  readonly negativesInMemory: number;
  readonly damaged: number;
}

interface Outcome {
  readonly beforeAnything: OnDisk;
  readonly taken: number;
  readonly whenFull: OnDisk & { readonly again: OnDisk["answer"] };
  readonly afterwards: OnDisk;
}

function assertWhole(state: OnDisk, negatives: number): void {
  const { frames, negativesInMemory, damaged } = state;
  assert.deepEqual(
    { frames, negatives: state.negatives, negativesInMemory, damaged },
    { frames: negatives, negatives, negativesInMemory: negatives, damaged: 0 },
  );
}

describe("a full disk", {
  // Where the tests decide, whatever is missing fails.
  skip: process.env["CI"] === undefined && refusal !== null ? refusal : false,
}, () => {
  // Small frames make the register the larger file of the two that each item writes, so that it fails first.
  for (const frameBytes of [20_000, 300]) {
    it(`with frames of ${frameBytes} bytes stores nothing of what it refuses, and works again afterwards`, async (t) => {
      const disk = await mkdtemp(join(tmpdir(), "facelatch-disk-"));
      t.after(() => rm(disk, { recursive: true, force: true }));
      const program = siblingModule(import.meta.filename, "feedback-on-small-disk");
      const args = [...smallDisk, mountAndRun, disk, process.execPath, program, disk, String(frameBytes)];
      const stdout = execFileSync("unshare", args, { encoding: "utf8" });
      const { beforeAnything, taken, whenFull, afterwards } = JSON.parse(stdout.trim().split("\n").at(-1)!) as Outcome;
      const full = { status: 507, code: "FEEDBACK_FULL" };
      assert.deepEqual(beforeAnything.answer, full);
      assertWhole(beforeAnything, 0);
      assert.deepEqual(beforeAnything.others, [], "not even a key");
      assert.ok(taken > 1);
      assert.deepEqual([whenFull.answer, whenFull.again], [full, full]);
      assertWhole(whenFull, taken);
      assert.deepEqual([...whenFull.others].sort(), ["feedback/register-N", "keys/feedback.key"]);
      assert.equal(afterwards.answer.status, 201);
      assertWhole(afterwards, taken + 1);
    });
  }
});

test("household negatives that cannot be known are a cause, with an event, until they are known again", async (t) => {
  const site = await makeWorkingSite(t);
  const inTheWay = join(site.stateDir, "feedback", "register-2");
  await mkdir(inTheWay, { recursive: true });
  const daemon = RealDaemon.start(t, site);
  const status = await daemon.until("the cause", (now) => causesOf(now).includes("FEEDBACK_UNAVAILABLE"));
  assert.deepEqual([status.state, status.feedback.state], ["degraded", "failed"]);
  assert.equal((await daemon.get("/v1/feedback")).status, 503);
  await rmdir(inTheWay);
  await daemon.until("it works again", (now) => causesOf(now).length === 0);
  const types = (await daemon.events()).map(({ type }) => type).filter((type) => type.startsWith("feedback."));
  assert.deepEqual(types, ["feedback.fault", "feedback.recovered"]);
});
