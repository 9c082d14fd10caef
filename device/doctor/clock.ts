// The wall clock: set, and kept right by a time server. The door's own deadlines never depend on it, only its schedule does.
import { ScheduleFile } from "../door/schedule-file.ts";
import { FacelatchError } from "../errors/errors.ts";
import { error, type Finding, ok, warning } from "./finding.ts";
import type { Place } from "./place.ts";

/** A clock that tells an earlier year was never set. */
const earliestYear = 2026;
const setIt = "sudo timedatectl set-ntp true; the board needs a way to a time server, or a clock chip.";

export async function checkClock(place: Place): Promise<Finding[]> {
  const schedule = await scheduleInForce(place);
  const findings: Finding[] = schedule.fault === null ? [] : [schedule.fault];
  if (place.isLive) findings.push(...checkYear(new Date().getFullYear(), schedule.windows > 0));
  const hasChip = place.names("/sys/class/rtc").length > 0;
  if (hasChip) findings.push(ok("There is a clock chip."));
  const isSynchronised = await synchronised(place);
  if (isSynchronised === true) findings.push(ok("A time server keeps the clock right."));
  else if (isSynchronised === false) findings.push(warning("No time server has set the clock yet.", setIt));
  else findings.push(warning("It cannot be told whether a time server keeps the clock right.", setIt));
  return findings;
}

function checkYear(year: number, hasSchedule: boolean): Finding[] {
  if (year >= earliestYear) return [];
  const effect = hasSchedule ? " With a schedule the door opens for nobody." : "";
  return [warning(`The clock was never set: it is in ${year}.${effect}`, setIt)];
}

/** How many windows it has: the one that was set over the API, or else the configuration's. */
async function scheduleInForce({ config, at }: Place): Promise<{ windows: number; fault: Finding | null }> {
  if (config === null) return { windows: 0, fault: null };
  const configured = config.decision.schedule.length;
  try {
    const stored = await new ScheduleFile(at(config.stateDir)).read();
    return { windows: stored?.windows.length ?? configured, fault: null };
  } catch (thrown) {
    if (!(thrown instanceof FacelatchError)) throw thrown;
    const { expected, found, next } = thrown.detail;
    return {
      windows: configured,
      fault: error(`It is not known when faces may open: expected ${expected}; found ${found}.`, next),
    };
  }
}

/** Null where nobody says. */
async function synchronised({ run, stat }: Place): Promise<boolean | null> {
  const answer = await run("timedatectl", "show", "--property=NTPSynchronized", "--value");
  if (answer === "yes" || answer === "no") return answer === "yes";
  // systemd-timesyncd touches this at each synchronisation; /run is empty after a start.
  return stat("/run/systemd/timesync/synchronized") !== null ? true : null;
}
