// The kernel's files about the board: thermal zones and memory.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BoardReading } from "./board.ts";

export interface BoardPaths {
  /** The folder of the thermal zones. */
  readonly thermalDir: string;
  readonly memInfoPath: string;
}

export interface ThermalZone {
  /** Such as "cpu-thermal". */
  readonly type: string;
  readonly temperatureC: number;
}

/** A file of this size is none of the kernel's. */
const textCharsMax = 64 * 1024;

/** What the board says of itself; never throws. */
export function readBoard({ thermalDir, memInfoPath }: BoardPaths): BoardReading {
  const zones = thermalZones(thermalDir);
  return {
    temperatureC: zones.length === 0 ? null : Math.max(...zones.map(({ temperatureC }) => temperatureC)),
    memoryAvailableBytes: memInfoBytes(memInfoPath, "MemAvailable"),
  };
}

/** Every zone that tells a temperature. */
export function thermalZones(thermalDir: string): ThermalZone[] {
  return namesIn(thermalDir)
    .filter((name) => /^thermal_zone\d+$/.test(name))
    .flatMap((name) => {
      const text = textOf(join(thermalDir, name, "temp"));
      if (text === null || !/^-?\d{1,7}$/.test(text)) return [];
      return [{ type: textOf(join(thermalDir, name, "type")) ?? name, temperatureC: Number(text) / 1000 }];
    });
}

/** A figure of /proc/meminfo; null where it does not say. */
export function memInfoBytes(memInfoPath: string, name: string): number | null {
  const kib = new RegExp(`^${name}:\\s+(\\d{1,15}) kB$`, "m").exec(textOf(memInfoPath) ?? "")?.[1];
  return kib === undefined ? null : Number(kib) * 1024;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8").slice(0, textCharsMax).trim();
  } catch {
    return null;
  }
}
