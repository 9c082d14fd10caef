// What the kernel says of the board, what strains it, and that a reading at its limit does not flicker.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import fc from "fast-check";
import type { BoardStatus, Strain } from "../../../device/board/board.ts";
import { memInfoBytes, readBoard, thermalZones } from "../../../device/board/board-files.ts";
import { BoardWatch } from "../../../device/board/board-watch.ts";
import { strainsOf } from "../../../device/board/strain.ts";
import { eventually } from "../../fixtures/eventually.ts";

let folder = "";
const paths = () => ({ thermalDir: join(folder, "thermal"), memInfoPath: join(folder, "meminfo") });
const mib = 1024 ** 2;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "facelatch-board-"));
  mkdirSync(join(folder, "thermal"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function zone(name: string, type: string, temp: string): void {
  mkdirSync(join(folder, "thermal", name), { recursive: true });
  writeFileSync(join(folder, "thermal", name, "type"), `${type}\n`);
  writeFileSync(join(folder, "thermal", name, "temp"), `${temp}\n`);
}

function memory(availableKib: number): void {
  writeFileSync(join(folder, "meminfo"), `MemTotal: 1 kB\nMemFree:  2 kB\nMemAvailable:   ${availableKib} kB\n`);
}

describe("the kernel's files", () => {
  it("tell the hottest zone, and the memory that is left", () => {
    zone("thermal_zone0", "cpu-thermal", "48312");
    zone("thermal_zone1", "rp1_adc", "51000");
    zone("thermal_zone2", "broken", "no number");
    zone("cooling_device0", "fan", "99000");
    memory(200_000);
    assert.deepEqual(readBoard(paths()), { temperatureC: 51, memoryAvailableBytes: 204_800_000 });
    assert.deepEqual(thermalZones(paths().thermalDir), [
      { type: "cpu-thermal", temperatureC: 48.312 },
      { type: "rp1_adc", temperatureC: 51 },
    ]);
    assert.equal(memInfoBytes(paths().memInfoPath, "MemFree"), 2_048);
  });

  it("tell nothing where they are missing", () => {
    rmSync(join(folder, "thermal"), { recursive: true });
    assert.deepEqual(readBoard(paths()), { temperatureC: null, memoryAvailableBytes: null });
  });

  it("of this machine are read", () => {
    const { memoryAvailableBytes } = readBoard({ thermalDir: "/sys/class/thermal", memInfoPath: "/proc/meminfo" });
    assert.ok(memoryAvailableBytes !== null && memoryAvailableBytes > mib);
  });
});

describe("a strain", () => {
  const limits = { temperatureMaxC: 75, memoryMinBytes: 48 * mib };
  const at = (temperatureC: number | null, memoryMib: number | null, before: readonly Strain[] = []) =>
    strainsOf(before, { temperatureC, memoryAvailableBytes: memoryMib === null ? null : memoryMib * mib }, limits);

  it("begins at its limit, and ends well away from it", () => {
    assert.deepEqual(at(74.9, 48), []);
    assert.deepEqual(at(75, 48), ["hot"]);
    assert.deepEqual(at(70, 48, ["hot"]), ["hot"]);
    assert.deepEqual(at(69.9, 48, ["hot"]), []);
    assert.deepEqual(at(20, 47.9), ["low_memory"]);
    assert.deepEqual(at(20, 71.9, ["low_memory"]), ["low_memory"]);
    assert.deepEqual(at(20, 72, ["low_memory"]), []);
    assert.deepEqual(at(80, 10), ["hot", "low_memory"]);
  });

  it("is none of what cannot be read", () => {
    assert.deepEqual(at(null, null, ["hot", "low_memory"]), []);
  });

  it("does not flicker while readings stay within the band", () => {
    const band = fc.array(fc.double({ min: 70, max: 74.99, noNaN: true }), { minLength: 1 });
    const property = fc.property(band, fc.boolean(), (temperatures, isHot) => {
      let strains: Strain[] = isHot ? ["hot"] : [];
      for (const temperature of temperatures) strains = at(temperature, 100, strains);
      assert.deepEqual(strains, isHot ? ["hot"] : []);
    });
    fc.assert(property);
  });
});

describe("the watch", () => {
  it("tells each change once, as long as it runs", async () => {
    memory(1_000_000);
    zone("thermal_zone0", "cpu-thermal", "40000");
    const changes: (readonly Strain[])[] = [];
    const watch = new BoardWatch({
      ...paths(),
      temperatureMaxC: 75,
      memoryMinBytes: 48 * mib,
      readEveryMs: 5,
      onChange: (status) => changes.push(status.strains),
    });
    watch.start();
    watch.start();
    const until = (suits: (status: BoardStatus) => boolean) => eventually("a reading", () => watch.status(), suits);
    await until(({ temperatureC }) => temperatureC === 40);
    assert.deepEqual(changes, []);
    zone("thermal_zone0", "cpu-thermal", "80000");
    await until(({ strains }) => strains.length > 0);
    zone("thermal_zone0", "cpu-thermal", "72000");
    await until(({ temperatureC }) => temperatureC === 72);
    assert.deepEqual(changes, [["hot"]]);
    zone("thermal_zone0", "cpu-thermal", "60000");
    await until(({ strains }) => strains.length === 0);
    watch.stop();
    assert.deepEqual(changes, [["hot"], []]);
  });
});
