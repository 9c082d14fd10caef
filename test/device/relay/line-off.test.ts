// The note of the relay's line, and the program that reads it; that it drives a line is shown in emulated machines (test/guest).
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { parseConfig } from "../../../device/config/config.ts";
import { noteRelayLine } from "../../../device/daemon/run/note-relay-line.ts";
import { packageRoot } from "../../../device/installation/installation.ts";
import { noteLine } from "../../../device/relay/line-note.ts";

const program = join(packageRoot, "device/gpio/cdev/build/Release/line-off");
const line = { kind: "gpio-cdev", chipLabel: "no-such-chip", line: 17, activeLow: true } as const;

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "facelatch-note-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function lineOff(...args: string[]) {
  return spawnSync(program, args, { encoding: "utf8", timeout: 20_000 });
}

test("the note names the line for its owner alone, and replaces an earlier one as a whole", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "relay-line"), "x".repeat(100));
  await noteLine(folder, line);
  assert.equal(readFileSync(join(folder, "relay-line"), "utf8"), "gpio-cdev\tno-such-chip\t17\t1\n");
  assert.equal(statSync(join(folder, "relay-line")).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ["relay-line"]);
});

test("a line through /sys is not noted, and a folder that is away does no harm", async (t) => {
  const folder = temporaryFolder(t);
  await noteLine(folder, { ...line, kind: "onoff" });
  assert.deepEqual(readdirSync(folder), []);
  const limits = { pulseMs: 50, pulseMaxMs: 50, gapMinMs: 0 };
  await noteRelayLine({ kind: "recorded", ...limits }, folder);
  assert.deepEqual(readdirSync(folder), []);
  const { relay } = parseConfig("relay: { kind: gpio-cdev }", "door.yaml");
  await noteRelayLine(relay, join(folder, "away"));
});

test("without a note, with one that is spoilt, or without that chip, the command is run in its place", async (t) => {
  const folder = temporaryFolder(t);
  const note = join(folder, "note");
  const notes = [
    ...["", "\n", "gpio-cdev", "gpio-cdev\tno-such-chip\t17\t1\n", "gpio-cdev\tno-such-chip\t17\t2\n"],
    ...["onoff\tno-such-chip\t17\t0\n", "gpio-cdev\tno-such-chip\t-1\t0\n", "gpio-cdev\tno-such-chip\t17\t0\tmore\n"],
    ...[`gpio-cdev\t${"x".repeat(5_000)}\t17\t0\n`, "\0\0\0\0"],
  ];
  for (const text of [null, ...notes]) {
    if (text === null) rmSync(note, { force: true });
    else writeFileSync(note, text);
    const { status, stdout } = lineOff(note, "/bin/sh", "-c", 'echo "$0 $1"; exit 7', "the", "command");
    assert.equal(status, 7, JSON.stringify(text));
    assert.equal(stdout, "the command\n");
  }
});

test("wrong usage, and a command that is not there, end with codes of their own", (t) => {
  assert.equal(lineOff().status, 64);
  assert.equal(lineOff("/nowhere").status, 64);
  const { status, stderr } = lineOff("/nowhere", join(temporaryFolder(t), "away"));
  assert.equal(status, 70);
  assert.match(stderr, /away: No such file/);
});
