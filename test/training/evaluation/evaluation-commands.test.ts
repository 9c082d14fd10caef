// The commands as they are typed: the last line of stdout is one JSON object, and the exit code says what went wrong.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { packageRoot } from "../../../device/installation/installation.ts";
import { makeSite, type Site, twin } from "./door-site.ts";

async function facelatch(...args: readonly string[]) {
  const child = spawn(process.execPath, [join(packageRoot, "dist/facelatch.js"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { stdout, stderr, exitCode: exitCode as number, json: () => JSON.parse(stdout.trim().split("\n").at(-1)!) };
}

describe("the evaluation's commands", () => {
  let site: Site;

  before(async () => {
    site = await makeSite();
  });

  after(() => site.remove());

  it("evaluate prints every field that it promises, and writes the report", async () => {
    const { exitCode, json, stderr } = await facelatch(
      ...["evaluate", "--bundle", site.bundlePath, "--data", site.at("data"), "--json"],
      ...[
        "--enrol",
        site.at("more"),
        "--negatives",
        site.at("twin/enrolled"),
        "--probe",
        `${twin}=${site.at("twin/probes")}`,
      ],
      ...["--report", site.at("report.html")],
    );
    assert.equal(exitCode, 0, stderr);
    const { verification, owner, trials, probes, accuracy, perClass, confusion } = json();
    for (const rate of [
      verification.eer,
      owner.refused,
      trials.refused,
      trials.opened,
      probes[twin].opened,
      accuracy,
    ]) {
      assert.deepEqual(Object.keys(rate), ["value", "low", "high", "n"]);
    }
    assert.deepEqual(Object.keys(verification.tarAtFar), ["1e-2", "1e-3", "1e-4"]);
    assert.deepEqual([verification.identities, verification.genuinePairs, verification.impostorPairs], [4, 8, 28]);
    assert.deepEqual([owner.photos, owner.faces, trials.genuine, trials.impostor], [8, 8, 1, 3]);
    assert.deepEqual([probes[twin].photos, probes[twin].faces, probes[twin].opened.value], [4, 4, 0]);
    assert.deepEqual(probes[twin].reasons, { household_member: 4 });
    assert.deepEqual([Object.keys(perClass).length, confusion.length], [3, 3]);
    assert.match(stderr, /enrolling the household/);
    assert.match(await readFile(site.at("report.html"), "utf8"), /^<!doctype html>/);
  });

  it("calibrate ends with the code of bad input where the data cannot support the FAR", async () => {
    const args = ["calibrate", "--bundle", site.bundlePath, "--cohort", site.at("data/others"), "--json"];
    const refused = await facelatch(...args, "--far", "1/50000");
    assert.deepEqual([refused.exitCode, refused.stdout], [65, ""]);
    assert.match(refused.stderr, /150000 independent trials for a FAR of 1\/50000: the pairs of 548 identities/);
    const { threshold, far, frr, identities, impostorTrials, worst } = (
      await facelatch(...args, "--far", "50%")
    ).json();
    assert.deepEqual([far.value, frr.n, identities, impostorTrials], [0, 2, 3, 6]);
    assert.ok(worst.length === 6 && threshold > worst[0].score);
  });

  it("family names who is unsafe", async () => {
    const args = ["family", "--bundle", site.bundlePath, "--household", site.at("twin/probes"), "--json"];
    const { exitCode, json } = await facelatch(...args);
    assert.deepEqual([exitCode, json().unsafe], [0, [twin]]);
  });

  it("wrong usage is told as such", async () => {
    for (const args of [
      ["evaluate", "--bundle", "b", "--data", "d", "--probe", "nameless"],
      ["evaluate", "--bundle", "b", "--data", "d", "--probe", "a=1", "--probe", "a=2"],
      ["calibrate", "--bundle", "b", "--cohort", "c", "--far", "2"],
      ["family", "--bundle", "b"],
    ]) {
      assert.equal((await facelatch(...args)).exitCode, 64, args.join(" "));
    }
  });
});
