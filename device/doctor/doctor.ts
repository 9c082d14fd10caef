// Checks a board, group by group, and tells what is wrong and how to mend it.
import { messageOf } from "../errors/errors.ts";
import { checkBundle } from "./bundle.ts";
import { checkCamera } from "./camera.ts";
import { checkClock } from "./clock.ts";
import { checkConfiguration } from "./configuration.ts";
import { checkDisk } from "./disk.ts";
import { type Check, error, type Finding, type Level, worst } from "./finding.ts";
import { checkGpio } from "./gpio.ts";
import { checkHeat } from "./heat.ts";
import { checkKernel } from "./kernel.ts";
import { checkKeys } from "./keys.ts";
import { checkMemory } from "./memory.ts";
import { checkPermissions } from "./permissions.ts";
import { lookAt, type Place, type PlaceOptions } from "./place.ts";
import { checkService } from "./service.ts";
import { checkStore } from "./store.ts";
import { checkWatchdog } from "./watchdog.ts";

export type { Finding, Level, PlaceOptions };

export interface Diagnosis {
  /** Of the gravest finding. */
  readonly level: Level;
  readonly findings: readonly (Finding & { readonly group: string })[];
}

/** In this order they are told: what the others depend on first. */
const groups: Readonly<Record<string, Check>> = {
  configuration: checkConfiguration,
  kernel: checkKernel,
  gpio: checkGpio,
  camera: checkCamera,
  permissions: checkPermissions,
  clock: checkClock,
  disk: checkDisk,
  watchdog: checkWatchdog,
  heat: checkHeat,
  memory: checkMemory,
  service: checkService,
  keys: checkKeys,
  bundle: checkBundle,
  store: checkStore,
};

/** No check takes longer. */
const checkTimeoutMs = 60_000;

/** Never throws: a check that fails is a finding. */
export async function examine(options: PlaceOptions): Promise<Diagnosis> {
  const place = lookAt(options);
  const findings: (Finding & { readonly group: string })[] = [];
  // One after the other: each is to find a quiet board.
  for (const [group, check] of Object.entries(groups)) {
    for (const finding of await inTime(check, place)) findings.push({ group, ...finding });
  }
  return { level: worst(findings), findings };
}

async function inTime(check: Check, place: Place): Promise<readonly Finding[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly Finding[]>((resolve) => {
    const found = `No answer within ${checkTimeoutMs / 1000} s.`;
    timer = setTimeout(() => resolve([error(found, "Try again; see what the machine is busy with.")]), checkTimeoutMs);
  });
  try {
    return await Promise.race([Promise.resolve(place).then(check), late]);
  } catch (thrown) {
    return [error(`It could not be checked: ${messageOf(thrown)}`, "Run it as root: sudo facelatch doctor.")];
  } finally {
    clearTimeout(timer);
  }
}

const marks: Readonly<Record<Level, string>> = { ok: "ok     ", warning: "WARNING", error: "ERROR  " };

/** A line for each finding, and a second one with the way to mend it. */
export function describeDiagnosis({ findings }: Diagnosis): string {
  const lines = findings.flatMap(({ group, level, found, next }) => [
    `${marks[level]}  ${group}: ${found}`,
    ...(next === null ? [] : [`         -> ${next}`]),
  ]);
  const count = (level: Level) => findings.filter((finding) => finding.level === level).length;
  return [...lines, "", `${count("error")} errors, ${count("warning")} warnings, ${count("ok")} ok.`].join("\n");
}
