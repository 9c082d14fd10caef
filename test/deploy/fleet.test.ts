// A staged rollout to real daemons: it stops at the door that takes the bundle back, and goes on once that is mended.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, test } from "node:test";
import { stringify } from "yaml";
import { loadInventory } from "../../deploy/fleet/inventory.ts";
import { FacelatchError } from "../../device/errors/errors.ts";
import { facelatch } from "../fixtures/facelatch-command.ts";
import { type Ending, RealDaemon, writeConfig } from "../fixtures/real-daemon.ts";
import { type FlashedBoard, shortTrial, startBoard, writeBundle } from "./boards.ts";

async function makeFolder(t: Ending): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "facelatch-fleet-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function doorOf(name: string, { daemon, tokenFile }: FlashedBoard) {
  return { name, target: await daemon.url, tokenFile };
}

interface RolledOut {
  readonly confirmed: string[];
  readonly failed: { door: string; code: string }[];
  readonly pending: string[];
  readonly stagesDone: number;
}

test("a rollout stops at the first door that does not confirm, and goes on when it is mended", {
  timeout: 900_000,
}, async (t) => {
  const folder = await makeFolder(t);
  const boards = [
    await startBoard(t),
    await startBoard(t, { trialFrames: 10_000, trialMaxMs: 1_500 }),
    await startBoard(t),
  ] as const;
  const { path, bundle } = await writeBundle(folder, 105);
  const inventory = join(folder, "doors.yaml");
  const doors = await Promise.all(["front", "back", "garage"].map((name, n) => doorOf(name, boards[n]!)));
  await writeFile(inventory, stringify({ stages: [1, "60%", "100%"], doors }));
  const roll = () => facelatch("fleet", path, "--inventory", inventory, "--yes", "--json");

  const unasked = await facelatch("fleet", path, "--inventory", inventory);
  assert.equal(unasked.exitCode, 64, unasked.stderr);

  const first = await roll();
  assert.equal(first.exitCode, 65, first.stderr);
  const stopped = first.json() as unknown as RolledOut;
  assert.deepEqual([stopped.confirmed, stopped.pending, stopped.stagesDone], [["front"], ["garage"], 1]);
  assert.deepEqual(
    stopped.failed.map(({ door, code }) => [door, code]),
    [["back", "UPDATE_REVERTED"]],
  );
  assert.notEqual((await boards[2].daemon.status()).bundle?.sha256, bundle.sha256);
  assert.equal((await boards[0].daemon.status()).bundle?.sha256, bundle.sha256);

  const table = await facelatch("fleet", "--inventory", inventory, "--json");
  const rows = table.json()["doors"] as { door: string; state: string; trouble: { code: string } | null }[];
  assert.deepEqual(rows.map(({ door, state }) => [door, state]).slice(0, 2), [
    ["front", "confirmed"],
    ["back", "reverted"],
  ]);
  assert.equal(rows[1]!.trouble?.code, "TRIAL_NOT_FINISHED");

  const { site, daemon } = boards[1];
  const port = Number(new URL(await daemon.url).port);
  await daemon.end();
  const api = { openOnLoopback: false, port };
  await writeConfig(site, { updates: shortTrial, api, camera: { framesPerSecond: 10 } });
  const mended = RealDaemon.start(t, site);
  await mended.url;
  await boards[0].daemon.end();
  const second = await roll();
  assert.equal(second.exitCode, 0, second.stderr);
  const done = second.json() as unknown as RolledOut;
  assert.deepEqual(
    [done.confirmed, done.failed, done.pending, done.stagesDone],
    [["front", "back", "garage"], [], [], 3],
  );
  const state = JSON.parse(await readFile(`${inventory}.progress.json`, "utf8")) as { bundleSha256: string };
  assert.equal(state.bundleSha256, bundle.sha256);
  const after = await facelatch("fleet", "--inventory", inventory);
  assert.match(after.stdout, /^front +unreachable/m);
  assert.match(after.stdout, new RegExp(`^garage +confirmed +Bundle 105 +${bundle.sha256.slice(0, 12)} +105`, "m"));
});

describe("an inventory", () => {
  const load = async (t: Ending, value: unknown) => {
    const path = join(await makeFolder(t), "doors.yaml");
    await writeFile(path, typeof value === "string" ? value : stringify(value));
    return loadInventory(path);
  };

  it("has stages of a number or a share of doors, and the last one is all that are left", async (t) => {
    const doors = Array.from({ length: 10 }, (_, n) => ({ name: `d${n}`, target: "door.local" }));
    assert.deepEqual((await load(t, { doors })).stageSizes, [1, 2, 7]);
    assert.deepEqual((await load(t, { doors, stages: [3] })).stageSizes, [3, 7]);
    assert.deepEqual((await load(t, { doors, stages: ["50%", 2, "100%"] })).stageSizes, [5, 5]);
    assert.deepEqual((await load(t, { doors: doors.slice(0, 1) })).stageSizes, [1]);
  });

  it("takes what a door does not say from its defaults, and paths from its own folder", async (t) => {
    const doors = [
      { name: "a", target: "a.local" },
      { name: "b", ssh: "pi@b", state: "/srv/b" },
      { name: "c", state: "c" },
    ];
    const { doors: found } = await load(t, {
      defaults: { tokenFile: "t", boardProgram: "sudo facelatch", state: "/var/x" },
      doors,
    });
    assert.match(found[0]!.reach.tokenFile!, /^\/.*\/t$/);
    assert.equal(found[0]!.reach.state, undefined);
    assert.equal(found[1]!.reach.state, "/srv/b");
    assert.match(found[2]!.reach.state!, /^\/.*\/c$/);
  });

  it("is refused where it has a mistake", async (t) => {
    const door = { name: "a", target: "a.local" };
    for (const wrong of [
      ...["", "[", "doors: 5", "a: &a [1]\nb: *a\n"],
      ...[{ doors: [] }, { doors: [door, door] }, { doors: [{ name: "a" }] }, { doors: [{ ...door, ssh: "pi@a" }] }],
      ...[{ doors: [{ ...door, colour: "red" }] }, { doors: [door], stages: ["200%"] }, { doors: [door], stages: [0] }],
    ]) {
      await assert.rejects(
        load(t, wrong),
        (error) => error instanceof FacelatchError && error.code === "INPUT_INVALID",
        JSON.stringify(wrong),
      );
    }
  });
});
