// The service: its unit is installed, starts with the board, and runs.
import { error, type Finding, ok, warning } from "./finding.ts";
import type { Place } from "./place.ts";

const unit = "facelatch.service";
const unitFolders = ["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];

export async function checkService({ stat, run }: Place): Promise<Finding[]> {
  const isThere = unitFolders.some((folder) => stat(`${folder}/${unit}`) !== null);
  if (!isThere) {
    const next = "Install a release (install.sh or the .deb): it brings the unit, its guard and its alarm.";
    return [
      warning(`There is no ${unit}: nothing starts the daemon, and nothing drives the relay off after it.`, next),
    ];
  }
  const findings: Finding[] = [];
  const isEnabled = stat(`/etc/systemd/system/multi-user.target.wants/${unit}`) !== null;
  if (isEnabled) findings.push(ok(`${unit} starts with the board.`));
  else findings.push(warning(`${unit} does not start with the board.`, `sudo systemctl enable ${unit}`));
  // It answers also where it exits with 3, for a unit that does not run.
  const state = await run("systemctl", "show", "--property=ActiveState", "--value", unit);
  if (state === "active") findings.push(ok("The daemon runs."));
  else if (state === "failed") findings.push(error("The daemon was given up.", `journalctl -u ${unit} -n 50`));
  else if (state !== null) findings.push(warning(`The daemon is ${state}.`, `sudo systemctl start ${unit}`));
  return findings;
}
