// /metrics: what Prometheus reads, line by line.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fakeDevice, newEvent, statusReport } from "./fake-device.ts";

const namePattern =
  /^facelatch_([a-z_]+_)?(total|seconds|bytes|celsius|strained|ready|locked|trouble|info|events|connected|contact|alarm|fault|enabled)$/;

/** The samples by name and labels; asserts the form of every line. */
function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.trimEnd().split("\n")) {
    if (line === "" || line.startsWith("# HELP ") || line.startsWith("# TYPE ")) continue;
    const [, name, labels = "", value] = /^([a-z_]+)(\{[^}]*\})? (\S+)$/.exec(line) ?? assert.fail(line);
    assert.match(name!, namePattern);
    samples.set(`${name}${labels}`, Number(value));
  }
  return samples;
}

describe("/metrics", () => {
  it("tells the status in Prometheus' names and base units, anew each time", async (t) => {
    const device = fakeDevice(t);
    const answer = await device.api.inject("/metrics");
    assert.equal(answer.statusCode, 200);
    assert.match(String(answer.headers["content-type"]), /^text\/plain; version=0\.0\.4/);
    const first = samplesOf(answer.body);
    const { version, uptimeMs, loopLagMs, camera, store } = statusReport();
    assert.equal(first.get(`facelatch_info{version="${version}"}`), 1);
    assert.equal(first.get("facelatch_uptime_seconds"), uptimeMs / 1000);
    assert.equal(first.get('facelatch_event_loop_lag_seconds{quantile="0.99"}'), loopLagMs.p99 / 1000);
    assert.equal(first.get('facelatch_frames_total{fate="captured"}'), camera.framesTotal);
    assert.equal(first.get("facelatch_store_bytes"), store.bytes);
    assert.ok(first.get('facelatch_resident_memory_bytes{process="daemon"}')! > 1e6);
    const causes = [{ code: "CAMERA_FROZEN", message: "It repeats a picture." }];
    const faults = [{ line: "tamper", code: "DOOR_LINE_UNAVAILABLE", message: "It is gone." } as const];
    const door = { ...statusReport().door, contact: "open", forced: true, faults } as const;
    device.status = () => statusReport({ causes, locked: false, door: { ...door, faults: [...faults] } });
    await new Promise((resolve) => setTimeout(resolve, 60));
    const second = samplesOf((await device.api.inject("/metrics")).body);
    assert.equal(first.get('facelatch_trouble{code="CAMERA_FROZEN"}'), undefined);
    assert.equal(second.get('facelatch_trouble{code="CAMERA_FROZEN"}'), 1);
    assert.equal(second.get("facelatch_locked"), 0);
    const contact = 'facelatch_door_contact{state="open"}';
    assert.deepEqual([first.get(contact), second.get(contact)], [undefined, 1]);
    assert.equal(second.get('facelatch_door_alarm{alarm="forced"}'), 1);
    assert.equal(second.get('facelatch_door_line_fault{line="tamper"}'), 1);
    assert.equal(second.get('facelatch_frames_total{fate="captured"}'), camera.framesTotal);
  });

  it("counts openings and refusals by their reason, and names nobody", async (t) => {
    const { api, store } = fakeDevice(t);
    store.append(newEvent({ type: "unlock.granted", reason: null, message: "Markus was let in." }));
    for (let n = 0; n < 2; n++) store.append(newEvent({ data: { name: "Erik", presenceId: 3 } }));
    const { body } = await api.inject("/metrics");
    const samples = samplesOf(body);
    assert.equal(samples.get('facelatch_unlock_total{result="granted",reason=""}'), 1);
    assert.equal(samples.get('facelatch_unlock_total{result="refused",reason="not_owner"}'), 2);
    assert.ok(!/Markus|Erik|presenceId/.test(body));
  });
});
