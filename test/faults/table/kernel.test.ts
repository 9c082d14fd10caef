// The rows of the fault table in which the kernel fails or lies: reads, writes, syncs and the wall clock.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { FaultReport } from "../../fixtures/fault-report.ts";
import { goThrough, opensAgain } from "../../fixtures/injected-fault.ts";
import { KernelFaults } from "../../fixtures/kernel-faults.ts";
import { causesOf, makeWorkingSite, RealDaemon, writeConfig } from "../../fixtures/real-daemon.ts";

const report = new FaultReport("kernel");
const yearS = 365 * 24 * 3_600;

async function makeDoor(t: TestContext): Promise<{ kernel: KernelFaults; daemon: RealDaemon }> {
  const site = await makeWorkingSite(t);
  await writeConfig(site, { decision: { schedule: [{ from: "00:00", to: "24:00" }] } });
  const kernel = new KernelFaults(site.folder);
  return { kernel, daemon: RealDaemon.start(t, site, kernel.wrapper) };
}

test("a camera whose reads fail", async (t) => {
  const { kernel, daemon } = await makeDoor(t);
  const status = await goThrough(
    daemon,
    {
      fault: "camera read error (EIO)",
      code: "CAMERA_UNAVAILABLE",
      reason: "camera_fault",
      inject: () => kernel.fail("read", "EIO", "frames.mjpeg"),
      mend: () => kernel.mend("read"),
      // It is tried again at once, and a part of the recording may have been read already.
      isIntermittent: true,
    },
    report,
  );
  assert.match(status.camera.fault!.message, /EIO/);
});

test("a disk that is full, and one that does not take what it was given", async (t) => {
  const { kernel, daemon } = await makeDoor(t);
  const rows = [
    { fault: "disk full", call: "write", error: "ENOSPC", code: "STORE_FULL" },
    { fault: "fsync error", call: "fsync", error: "EIO", code: "STORE_UNAVAILABLE" },
    { fault: "write error (EIO)", call: "write", error: "EIO", code: "STORE_UNAVAILABLE" },
  ] as const;
  for (const { fault, call, error, code } of rows) {
    const { lastSeq } = (await daemon.status()).store;
    await goThrough(
      daemon,
      {
        fault,
        code,
        reason: "audit_unavailable",
        inject: () => kernel.fail(call, error, "facelatch.sqlite"),
        mend: () => kernel.mend(call),
      },
      report,
    );
    const events = await daemon.events();
    assert.ok(events.some(({ seq }) => seq > lastSeq));
    assert.deepEqual(
      events.map(({ seq }) => seq),
      events.map((_, i) => events[0]!.seq + i),
      "no event is missing",
    );
  }
});

for (const [fault, offsetS, during] of [
  ["wall clock 10 years ahead", 10 * yearS, "ready"],
  ["wall clock 10 years back", -10 * yearS, "clock_unknown"],
] as const) {
  test(`${fault}: monotonic time goes on, and nothing is deleted`, async (t) => {
    const { kernel, daemon } = await makeDoor(t);
    await daemon.untilUnlocked("before the jump", 60_000);
    const before = await daemon.events();
    kernel.clockOffsetS = offsetS;
    // Far back the time of day is unknown, and a schedule then keeps the door locked.
    const named = await daemon.until(`it is ${during}`, ({ relay, decision, counters }) => {
      if (during === "ready") return relay.pulses > before.filter(({ type }) => type === "unlock.granted").length + 1;
      return decision?.reason === during && counters.framesAnalysed > 0;
    });
    assert.deepEqual(causesOf(named), []);
    const framesMin = named.camera.framesTotal + 60;
    // The store is swept every second.
    const later = await daemon.until("three seconds", ({ camera }) => camera.framesTotal >= framesMin);
    assert.deepEqual([later.camera.restarts, later.vision.restarts], [0, 0]);
    if (during !== "ready") assert.equal(later.relay.pulses, named.relay.pulses);
    const after = await daemon.events();
    assert.deepEqual(after.slice(0, before.length), before, "what was recorded before is still there");
    const years = new Set(after.slice(before.length).map(({ at }) => new Date(at).getUTCFullYear()));
    if (during === "ready") assert.ok([...years].some((year) => year >= new Date().getUTCFullYear() + 9));
    const times = after.map(({ monotonicMs }) => monotonicMs);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
      "monotonic times never run back",
    );
    kernel.clockOffsetS = 0;
    const mendedAtMs = performance.now();
    await opensAgain(daemon, fault);
    report.note({
      fault,
      expected: during === "ready" ? "ready, opens" : "ready, clock_unknown with a schedule",
      seen: during === "ready" ? `${later.state}, opens` : `${later.state}, ${later.decision?.reason} with a schedule`,
      recoveryMs: during === "ready" ? null : Math.round(performance.now() - mendedAtMs),
    });
  });
}
