// The daemon under its own unit in a Debian guest, on gpio-sim and vivid: it starts, is contained, and is locked after each kill.
import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { makeWorkingSite } from "../fixtures/real-daemon.ts";
import { makeAmd64Image } from "./amd64-image.ts";
import { newestKernel } from "./debian.ts";
import { Guest, type GuestMessage } from "./guest.ts";
import { requirePrograms } from "./host-command.ts";
import { amd64Machine } from "./machines.ts";
import { type FaultRow, GuestReport } from "./report.ts";

const rounds = Number(process.env["FACELATCH_ROUNDS"] ?? "1");
const timeoutMs = Number(process.env["FACELATCH_GUEST_TIMEOUT_MS"] ?? "3600000");
const exposureMax = 2.0;
const inactiveWithinMs = 1_000;

test("the hardened unit runs the whole daemon, and after each kill in a pulse the line is inactive within a second", async (t) => {
  requirePrograms({ "qemu-system-x86_64": "qemu-system-x86", mmdebstrap: "mmdebstrap", cpio: "cpio", xz: "xz-utils" });
  const folder = await mkdtemp(join(tmpdir(), "facelatch-guest-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const site = await makeWorkingSite(t);
  const door = join(folder, "door");
  await mkdir(door);
  await cp(site.stateDir, join(door, "state"), { recursive: true, verbatimSymlinks: true });
  await cp(site.recording, join(door, "frames.mjpeg"));
  const image = await makeAmd64Image(folder, await newestKernel(), { test: "amd64", rounds, door });
  const messages: GuestMessage[] = [];
  const report = new GuestReport("amd64");
  await report.begin();
  const guest = new Guest({
    program: "qemu-system-x86_64",
    args: amd64Machine(image),
    timeoutMs,
    onMessage: (message) => {
      messages.push(message);
      t.diagnostic(JSON.stringify(message));
      if (message.type === "killed") report.noteKill(String(message["case"]), "gpio-sim", Number(message["tookMs"]));
      if (message.type === "fault") report.noteFault(message as unknown as FaultRow);
    },
  });
  t.after(() => guest.end());
  await guest.ended();
  await report.write();
  for (const line of report.lines()) t.diagnostic(line);
  assert.ok(
    messages.some(({ type }) => type === "done"),
    guest.console,
  );
  for (const { fault, expected, seen, passed } of report.faults) assert.ok(passed, `${fault}: ${expected}; ${seen}`);
  assert.equal(report.faults.length, 6);
  const security = messages.find(({ type }) => type === "security");
  assert.ok(Number(security?.["exposure"]) <= exposureMax, JSON.stringify(security));
  for (const { case: name, killToInactiveMs } of report.kills) {
    assert.equal(killToInactiveMs.length, rounds, name);
    assert.ok(Math.max(...killToInactiveMs) <= inactiveWithinMs, `${name}: ${killToInactiveMs.join(" ")} ms`);
  }
});
