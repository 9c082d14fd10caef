// The wall clock: set, and kept right by a time server. The door's own deadlines never depend on it.
import { type Finding, ok, warning } from "./finding.ts";
import type { Place } from "./place.ts";

/** A clock that tells an earlier year was never set. */
const earliestYear = 2026;
const setIt = "sudo timedatectl set-ntp true; the board needs a way to a time server, or a clock chip.";

export async function checkClock(place: Place): Promise<Finding[]> {
  const findings = place.isLive ? checkYear(new Date().getFullYear(), place) : [];
  const hasChip = place.names("/sys/class/rtc").length > 0;
  if (hasChip) findings.push(ok("There is a clock chip."));
  const isSynchronised = await synchronised(place);
  if (isSynchronised === true) findings.push(ok("A time server keeps the clock right."));
  else if (isSynchronised === false) findings.push(warning("No time server has set the clock yet.", setIt));
  else findings.push(warning("It cannot be told whether a time server keeps the clock right.", setIt));
  return findings;
}

function checkYear(year: number, { config }: Place): Finding[] {
  if (year >= earliestYear) return [];
  const schedule = (config?.decision.schedule.length ?? 0) > 0 ? " With a schedule the door opens for nobody." : "";
  return [warning(`The clock was never set: it is in ${year}.${schedule}`, setIt)];
}

/** Null where nobody says. */
async function synchronised({ run, stat }: Place): Promise<boolean | null> {
  const answer = await run("timedatectl", "show", "--property=NTPSynchronized", "--value");
  if (answer === "yes" || answer === "no") return answer === "yes";
  // systemd-timesyncd touches this at each synchronisation; /run is empty after a start.
  return stat("/run/systemd/timesync/synchronized") !== null ? true : null;
}
