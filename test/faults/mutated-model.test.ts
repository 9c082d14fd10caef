// A model with one changed byte: refused by its checksum, or by the golden images where the checksum was changed as well.
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../device/installation/installation.ts";
import type { VisionReply, VisionRequest } from "../../device/vision/vision-messages.ts";
import { seededRandom } from "../../training/seeded-random.ts";
import { changedBundle, classifierFile, makeSmallBundle, type SmallBundle } from "../fixtures/small-bundle.ts";

/** With its own checksums every file is read, but none is parsed; with forged ones each may end the process. */
const mutations = Number(process.env["FACELATCH_MUTATIONS"] ?? 300);
const forgedMutations = Number(process.env["FACELATCH_FORGED_MUTATIONS"] ?? 25);

interface Outcome {
  /** `ready`, the code of a refusal, or `ended` for a process that did not survive. */
  readonly code: string;
}

/** The vision process, started again after each end, as the daemon does. */
class VisionChild {
  #child: ChildProcess | null = null;
  starts = 0;

  #running(): ChildProcess {
    if (this.#child === null) {
      this.#child = fork(join(packageRoot, "dist/device/vision/vision-worker.js"), [], {
        serialization: "advanced",
        stdio: ["ignore", "ignore", "ignore", "ipc"],
      });
      this.starts++;
    }
    return this.#child;
  }

  open(bundleFolder: string): Promise<Outcome> {
    const child = this.#running();
    return new Promise((resolve) => {
      const ended = () => {
        this.#child = null;
        child.off("message", answered);
        resolve({ code: "ended" });
      };
      const answered = (reply: VisionReply) => {
        child.off("exit", ended);
        resolve({ code: reply.type === "refused" ? reply.code : reply.type });
      };
      child.once("exit", ended);
      child.once("message", answered);
      const request: VisionRequest = { type: "start", bundleFolder, threads: 1, delegate: "auto" };
      child.send(request);
    });
  }

  /** A process whose native runtime met a damaged model is not asked again. */
  close(): void {
    this.#child?.removeAllListeners("exit").kill("SIGKILL");
    this.#child = null;
  }
}

async function write(folder: string, { files }: SmallBundle): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
}

function mutate(bytes: Uint8Array, random: { below(bound: number): number }): Uint8Array {
  const at = random.below(bytes.length);
  return Uint8Array.from(bytes).fill(bytes[at]! ^ (1 + random.below(255)), at, at + 1);
}

const names = [classifierFile, "face-detector.tflite"] as const;
const bundle = await makeSmallBundle();

async function makeSite(t: {
  after(done: () => Promise<void>): void;
}): Promise<{ folder: string; vision: VisionChild }> {
  const folder = await mkdtemp(join(tmpdir(), "facelatch-mutated-"));
  const vision = new VisionChild();
  t.after(async () => {
    vision.close();
    await rm(folder, { recursive: true });
  });
  await write(folder, bundle);
  assert.equal((await vision.open(folder)).code, "ready");
  return { folder, vision };
}

test(`${mutations} models with one changed byte are refused by their checksums, by one process that lives on`, async (t) => {
  const { folder, vision } = await makeSite(t);
  const random = seededRandom(1);
  for (let i = 0; i < mutations; i++) {
    const name = names[i % names.length]!;
    const original = bundle.files.get(name)!;
    await writeFile(join(folder, name), mutate(original, random));
    assert.equal((await vision.open(folder)).code, "BUNDLE_CHECKSUM_MISMATCH", `mutation ${i} of ${name}`);
    await writeFile(join(folder, name), original);
  }
  assert.equal((await vision.open(folder)).code, "ready");
  assert.equal(vision.starts, 1);
});

test(`${forgedMutations} changed models with forged checksums are refused, or answer as before, or end their process alone`, async (t) => {
  const { folder, vision } = await makeSite(t);
  const random = seededRandom(2);
  const outcomes = new Map<string, number>();
  for (let i = 0; i < forgedMutations; i++) {
    const name = names[i % names.length]!;
    const files = { [name]: mutate(bundle.files.get(name)!, random) };
    await write(folder, changedBundle(bundle, { files }));
    vision.close();
    const { code } = await vision.open(folder);
    outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
  }
  t.diagnostic([...outcomes].map(([code, count]) => `${code} ${count}`).join(", "));
  // "ready" has passed the golden images: the changed byte is one that no answer depends on, within their tolerance.
  const expected = ["ready", "MODEL_INVALID", "BUNDLE_GOLDEN_MISMATCH", "ended"];
  for (const code of outcomes.keys()) assert.ok(expected.includes(code), code);
  vision.close();
  await write(folder, bundle);
  assert.equal((await vision.open(folder)).code, "ready");
});
