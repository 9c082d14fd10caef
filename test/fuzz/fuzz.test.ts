// Spoilt bundles by the thousand, given to the real engine: none is accepted, none ends or hangs it, and none leaves a file.
import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { writeFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { revokeKey, trustKey } from "../../deploy/keys/trust-folder.ts";
import { manifestFileName, signatureFileName } from "../../device/bundle/manifest.ts";
import { type ErrorCode, errorCodes, FacelatchError } from "../../device/errors/errors.ts";
import { packArchive } from "../../device/slots/bundle-archive.ts";
import type { DaemonUpdates } from "../../device/slots/open-updates.ts";
import { keyIdOf } from "../../device/slots/signature.ts";
import { seededRandom } from "../../training/seeded-random.ts";
import { testKey } from "../fixtures/test-keys.ts";
import { quickFiles } from "../power/killed-processes.ts";
import { engineOn, tinyBundles } from "../power/power-site.ts";
import { type FuzzFigures, reportFuzz } from "./fuzz-report.ts";
import { mutations, type Sound } from "./mutate-bundle.ts";

/** In all; `npm run test:fuzz` takes 100,000. */
const cases = Number(process.env["FACELATCH_FUZZ_CASES"] ?? 3_000);
const caseTimeoutMs = 20_000;
const lanes = 8;
/** The folder is looked through after so many cases of each lane. */
const lookEvery = 64;

interface Figures extends FuzzFigures {
  /** How often which check refused. */
  readonly refusedBy: Record<string, number>;
}

const report: Record<string, Figures> = {};
let root = "";
let sound: Sound;
/** Several engines on one folder, so that none waits for another's disk. */
let engines: readonly DaemonUpdates[] = [];

before(async () => {
  root = await mkdtemp(join(tmpdir(), "facelatch-fuzz-"));
  const [first, second] = await tinyBundles(2);
  const keys = join(root, "keys");
  for (const key of [1, 3]) await trustKey(keys, createPublicKey(testKey(key)));
  await revokeKey(keys, keyIdOf(testKey(3)));
  await mkdir(join(root, "state"));
  engines = Array.from({ length: lanes }, () => engineOn(keys, join(root, "state"), quickFiles));
  for (let lane = 0; lane < lanes; lane++) writeFileSync(archivePath(lane), "");
  await install(await packArchive(first!.files));
  await engines[0]!.confirm(first!.sha256);
  const archive = Buffer.from(await packArchive(second!.files));
  sound = { archive, files: inPackedOrder(second!.files), trusted: testKey(1), others: [testKey(2), testKey(3)] };
});

after(async () => {
  reportFuzz(report);
  await rm(root, { recursive: true, force: true });
});

/** As in the archive: the manifest, its signature, the others by name. */
function inPackedOrder(files: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  const first = [manifestFileName, signatureFileName];
  const others = [...files.keys()].filter((name) => !first.includes(name)).sort();
  return new Map([...first, ...others].map((name) => [name, files.get(name)!]));
}

function archivePath(lane: number): string {
  return join(root, `bundle-${lane}.tar`);
}

async function install(archive: Uint8Array, lane = 0): Promise<void> {
  writeFileSync(archivePath(lane), archive);
  await engines[lane]!.install(archivePath(lane));
}

/** Everything below the site's folder, by path. */
async function everything(): Promise<string[]> {
  return (await readdir(root, { recursive: true })).sort();
}

type Outcome = "accepted" | "hung" | { readonly refusedBy: ErrorCode } | Error;

function count(figures: Figures, outcome: Outcome, t: TestContext): void {
  figures.cases++;
  if (outcome === "accepted") figures.accepted++;
  else if (outcome === "hung" || outcome instanceof Error) {
    figures.crashes++;
    t.diagnostic(`case ${figures.cases}: ${outcome === "hung" ? outcome : outcome.stack}`);
  } else {
    const { refusedBy } = outcome;
    figures.refusedBy[refusedBy] = (figures.refusedBy[refusedBy] ?? 0) + 1;
    // A refusal that a server would answer as its own failure is none.
    if (errorCodes[refusedBy].status >= 500) figures.serverErrors++;
  }
}

/** What became of one archive. */
async function outcomeOf(archive: Uint8Array, lane: number): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"hung">((resolve) => {
    timer = setTimeout(() => resolve("hung"), caseTimeoutMs);
  });
  try {
    return (await Promise.race([install(archive, lane).then(() => "accepted" as const), late])) ?? "accepted";
  } catch (error) {
    return error instanceof FacelatchError ? { refusedBy: error.code } : (error as Error);
  } finally {
    clearTimeout(timer);
  }
}

for (const [target, mutate] of Object.entries(mutations)) {
  test(`bundles with spoilt ${target} are refused by name`, async (t) => {
    const random = seededRandom(target.length * 7_919);
    const figures: Figures = { cases: 0, crashes: 0, accepted: 0, serverErrors: 0, refusedBy: {} };
    report[target] = figures;
    const untouched = await everything();
    const { current } = await engines[0]!.status();
    for (let i = 0; i * lanes < cases / Object.keys(mutations).length; i++) {
      const archives: Buffer[] = [];
      for (let lane = 0; lane < lanes; lane++) archives.push(await mutate(sound, random));
      for (const outcome of await Promise.all(archives.map(outcomeOf))) count(figures, outcome, t);
      if (i % lookEvery === 0) assert.deepEqual(await everything(), untouched, `a file was left by case ${i * lanes}`);
    }
    assert.deepEqual(await everything(), untouched);
    assert.deepEqual((await engines[0]!.status()).current, current);
    t.diagnostic(JSON.stringify(figures));
    assert.deepEqual([figures.accepted, figures.crashes, figures.serverErrors], [0, 0, 0]);
  });
}

test("the sound bundle, which all of them were made from, is accepted", async () => {
  await install(sound.archive);
  assert.equal((await engines[0]!.status()).state, "trial");
});
