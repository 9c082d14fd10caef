// The log of the real daemon: made more talkative while it runs, followed, and as configured again after a restart.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openStream } from "../device/api/stream-client.ts";
import { eventually } from "../fixtures/eventually.ts";
import { makeSite, RealDaemon } from "../fixtures/real-daemon.ts";

interface Line {
  readonly level: string;
  readonly text: string;
}

test("the log is made more talkative while the daemon runs, is followed, and is as configured after a restart", {
  timeout: 60_000,
}, async (t) => {
  const site = await makeSite(t);
  const daemon = RealDaemon.start(t, site);
  const { log } = await daemon.until("frames are decided on", ({ decision }) => decision !== null);
  assert.deepEqual(log, { level: "info", configured: "info", until: null });
  const url = await daemon.url;
  const stream = await openStream(t, `${url}/v1/logs/stream?level=trace&text=frame`);
  const put = await fetch(`${url}/v1/log-level`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ level: "trace", forMinutes: 1 }),
  });
  assert.equal(put.status, 200, await put.text());
  const line = JSON.parse((await stream.next())!.data!) as Line;
  assert.deepEqual([line.level, /^frame \d+: refuse, /.test(line.text)], ["trace", true], line.text);
  assert.match(daemon.output, /"level":10,.*frame \d+: refuse, /);
  assert.equal((await daemon.status()).log.level, "trace");
  const told = (await daemon.events()).filter(({ type }) => type === "log_level.changed");
  assert.deepEqual(
    told.map(({ message }) => message),
    ["The log level was set to trace for a minute by this machine."],
  );
  await daemon.end();
  const next = RealDaemon.start(t, site);
  const { log: after } = await eventually(
    "the next daemon answers",
    () => next.status(),
    ({ decision }) => decision !== null,
  );
  assert.deepEqual(after, log);
});
