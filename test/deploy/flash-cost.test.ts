// What flashing 12 MB costs, measured and printed, never asserted: how long it takes, and how long the door recognises nobody.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { facelatch } from "../fixtures/facelatch-command.ts";
import type { RealDaemon } from "../fixtures/real-daemon.ts";
import { changedBundle } from "../fixtures/small-bundle.ts";
import { shortTrial, startBoard, writeBundle } from "./boards.ts";

const bundleBytes = 12_000_000;
const askEveryMs = 60;

interface Look {
  readonly atMs: number;
  readonly framesAnalysed: number;
  readonly sha256: string | null;
  readonly pulses: number;
}

/** Asks the daemon again and again how many frames it has recognised; the answers until `ended`. */
async function watch(daemon: RealDaemon, ended: AbortSignal): Promise<Look[]> {
  const looks: Look[] = [];
  while (!ended.aborted) {
    const { vision, bundle, relay } = await daemon.status();
    const { framesAnalysed } = vision;
    looks.push({ atMs: performance.now(), framesAnalysed, sha256: bundle?.sha256 ?? null, pulses: relay.pulses });
    await delay(askEveryMs);
  }
  return looks;
}

/** The longest time, in ms, in which no further frame was recognised, among looks that `among` takes. */
function longestGapMs(looks: readonly Look[], among: (look: Look) => boolean): number {
  let longest = 0;
  let since = looks[0]!;
  for (const look of looks) {
    if (look.framesAnalysed === since.framesAnalysed) continue;
    if (among(look)) longest = Math.max(longest, look.atMs - since.atMs);
    since = look;
  }
  return longest;
}

test("a bundle of 12 MB over the loopback, while the owner stands at the door", { timeout: 600_000 }, async (t) => {
  const { site, daemon, tokenFile } = await startBoard(t);
  const { path, bundle, bytes } = await writeBundle(site.folder, 105, (small) => {
    const size = small.manifest.files.reduce((total, file) => total + file.bytes, 0);
    return changedBundle(small, { files: { "padding.bin": randomBytes(bundleBytes - size) } });
  });
  assert.ok(bytes >= bundleBytes);
  const before = await daemon.untilUnlocked("the owner is let in", 120_000);
  const ended = new AbortController();
  const watching = watch(daemon, ended.signal);
  const startMs = performance.now();
  const { exitCode, stderr, json } = await facelatch(
    ...["flash", await daemon.url, path, "--token-file", tokenFile, "--yes", "--json"],
  );
  const wholeMs = performance.now() - startMs;
  assert.equal(exitCode, 0, stderr);
  await daemon.untilUnlocked("the owner is let in by the new bundle", 120_000);
  ended.abort();
  const looks = await watching;
  assert.equal(looks.at(-1)!.sha256, bundle.sha256);
  const old = before.bundle?.sha256;
  const isOld = ({ sha256 }: Look) => sha256 === old;
  const opened = looks.filter(isOld);
  const flashed = json() as { sendMs: number; installMs: number };
  const figures = {
    bytes,
    wholeMs: Math.round(wholeMs),
    sendMs: Math.round(flashed.sendMs),
    installMs: Math.round(flashed.installMs),
    trialFrames: shortTrial.trialFrames,
    longestGapBeforeSwitchMs: Math.round(longestGapMs(looks, isOld)),
    gapAtSwitchMs: Math.round(longestGapMs(looks, (look) => !isOld(look))),
    unlocksWhileItWasSent: opened.at(-1)!.pulses - opened[0]!.pulses,
    askedEveryMs: askEveryMs,
  };
  t.diagnostic(JSON.stringify(figures));
});
