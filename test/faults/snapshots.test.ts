// Pictures of events under the real daemon: of whoever was let in, and none, without any harm, where the disk takes none.
import assert from "node:assert/strict";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { ShownEvent } from "../../device/api/shown-event.ts";
import { eventually } from "../fixtures/eventually.ts";
import { causesOf, makeWorkingSite, RealDaemon, writeConfig } from "../fixtures/real-daemon.ts";

test("a disk that takes no picture refuses nobody; then each opening has its own", { timeout: 240_000 }, async (t) => {
  const site = await makeWorkingSite(t);
  await writeConfig(site, { snapshots: { for: "all" } });
  const inTheWay = join(site.stateDir, "snapshots");
  await mkdir(site.stateDir, { recursive: true });
  await writeFile(inTheWay, "");
  const daemon = RealDaemon.start(t, site);
  await daemon.untilUnlocked("the owner is let in");
  const opened = async () =>
    ((await daemon.events()) as ShownEvent[]).filter(({ type }) => type === "unlock.granted").at(-1);
  const [first, status] = [await opened(), await daemon.status()];
  assert.deepEqual([first?.hasSnapshot, status.snapshots.state, causesOf(status)], [false, "failed", []]);
  assert.equal((await daemon.get(`/v1/events/${first!.seq}/snapshot`)).status, 503);
  await rm(inTheWay);
  const pictured = await eventually(
    "an opening with a picture",
    opened,
    (event) => event?.hasSnapshot === true,
    90_000,
  );
  const picture = await daemon.get(`/v1/events/${pictured!.seq}/snapshot`);
  const bytes = Buffer.from(await picture.arrayBuffer());
  assert.deepEqual([picture.status, bytes.subarray(0, 2).toString("hex")], [200, "ffd8"]);
  assert.equal((await daemon.status()).snapshots.fault, null);
});
