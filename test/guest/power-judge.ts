// What has to be found on a disk whose power was cut: everything acknowledged, and parts that open.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { TokenFolder } from "../../device/access/token-folder.ts";
import { BanFile } from "../../device/door/ban-file.ts";
import { realFiles } from "../../device/slots/slot-files.ts";
import { Slots } from "../../device/slots/slots.ts";
import { openSqliteStore } from "../../device/store/sqlite-store.ts";
import { storeFileName } from "../../device/store/store.ts";
import { verifyLog } from "../../device/store/verify-log.ts";
import { RealDaemon, type Site, writeConfig } from "../fixtures/real-daemon.ts";
import { PowerReport } from "../power/power-report.ts";
import { engineOn } from "../power/power-site.ts";
import type { PowerMark } from "./power-marks.ts";
import type { NotedWrite } from "./write-log.ts";

const storeSettings = {
  retention: { ageMaxDays: 90, eventsMax: 1_000, logLinesMax: 1_000 },
  wallClock: () => new Date(),
};

/** What must be found after a cut: the last of what was acknowledged, or what was begun. */
export interface Acknowledged {
  event: { readonly seq: number; readonly hash: string } | null;
  readonly tokens: string[];
  lockdown: readonly boolean[];
  bundles: readonly (string | null)[];
}

/** Where the note is a mark, what it says counts from now on. */
export function noteMark(known: Acknowledged, note: NotedWrite): void {
  const mark = markOf(note);
  switch (mark?.kind) {
    case "event":
      known.event = mark;
      break;
    case "token":
      known.tokens.push(mark.text);
      break;
    case "lockdown":
      known.lockdown = mark.done ? [mark.on] : [...known.lockdown, mark.on];
      break;
    case "bundle":
      known.bundles = mark.done ? [mark.sha256] : [...known.bundles, mark.sha256];
      break;
  }
}

/** The recorder writes marks of its own. */
function markOf({ mark }: NotedWrite): PowerMark | null {
  if (mark === null || mark.startsWith("dm-log-writes")) return null;
  return JSON.parse(Buffer.from(mark, "base64url").toString("utf8")) as PowerMark;
}

export class PowerJudge {
  readonly report = new PowerReport("power-store");
  readonly #keys: string;

  constructor(keys: string) {
    this.#keys = keys;
  }

  /** Opens everything that is left, as the daemon does at its start. */
  async judge(stateDir: string, known: Acknowledged, point: string): Promise<void> {
    this.report.points++;
    const store = openSqliteStore({ ...storeSettings, path: join(stateDir, storeFileName), bootId: "after" });
    if (store.movedAside !== null) this.report.lostEvents.push(`${point}: the database was found damaged`);
    store.append({ type: "daemon.started", monotonicMs: 0, reason: null, message: point, data: {} });
    store.close();
    if (known.event !== null) {
      const { ok, fault } = verifyLog(stateDir, [known.event]);
      if (!ok) this.report.lostEvents.push(`${point}: event ${known.event.seq}: ${fault}`);
    }
    const tokens = new TokenFolder(stateDir);
    for (const text of known.tokens) {
      if ((await tokens.tokenOf(text)) === null) this.report.lostEvents.push(`${point}: a token`);
    }
    const lockdown = (await new BanFile(stateDir, "lockdown").read()) !== null;
    if (!known.lockdown.includes(lockdown)) this.report.unlocked.push(`${point}: lockdown ${lockdown}`);
    const updates = engineOn(this.#keys, stateDir, realFiles);
    await updates.start();
    const { current } = await updates.status();
    const linked = await new Slots(stateDir).linked("current");
    const isWhole = linked === null || (await new Slots(stateDir).isWhole(linked));
    if (!isWhole || !known.bundles.includes(current?.sha256 ?? null)) {
      this.report.neitherBundle.push(`${point}: ${current?.sha256}, whole: ${isWhole}`);
    }
  }

  /** Starts the real daemon on what is left, before a stranger. */
  async startDaemon(t: TestContext, site: Site, known: Acknowledged, point: string): Promise<void> {
    await writeConfig(site);
    const daemon = RealDaemon.start(t, site);
    const status = await daemon.until(point, ({ camera }) => camera.framesTotal > 20);
    const { locked, relay, lockdown, store } = status;
    const isDown = lockdown !== null;
    if (!locked || relay.pulses > 0 || !known.lockdown.includes(isDown)) this.report.unlocked.push(point);
    assert.equal(store.state, "open", point);
    await daemon.end();
    this.report.daemonStarts++;
  }
}
