// Who may use what: the daemon's user, its groups, and the devices that those groups own.
import { error, type Finding, ok } from "./finding.ts";
import { modeText, type Place } from "./place.ts";

const user = "facelatch";
const groups = ["gpio", "video"] as const;

interface Group {
  readonly gid: number;
  readonly members: readonly string[];
}

export function checkPermissions(place: Place): Finding[] {
  const { text, config } = place;
  const [, , , ownGid] =
    (text("/etc/passwd") ?? "")
      .split("\n")
      .map(fieldsOf)
      .find(([name]) => name === user) ?? [];
  if (ownGid === undefined) {
    return [error(`There is no user "${user}", whom the service runs as.`, "Install the release; it brings the user.")];
  }
  const findings: Finding[] = [];
  for (const name of groups) {
    const group = groupOf(place, name);
    if (group !== null && (group.members.includes(user) || String(group.gid) === ownGid)) continue;
    const found = group === null ? `There is no group "${name}".` : `"${user}" is not in the group "${name}".`;
    findings.push(error(found, `sudo groupadd -f ${name} && sudo usermod -aG ${name} ${user}`));
  }
  if (findings.length === 0) findings.push(ok(`"${user}" is in the groups ${groups.join(" and ")}.`));
  const usesDevice =
    config !== null && [config.relay, ...Object.values(config.door), config.api.pairingButton].some(isOnDevice);
  if (usesDevice) {
    const chips = place.names("/dev").filter((name) => /^gpiochip\d+$/.test(name));
    findings.push(...checkDevices(place, chips, "gpio"));
  }
  if (config?.camera.kind === "v4l2") {
    findings.push(...checkDevices(place, [config.camera.device.replace(/^\/dev\//, "")], "video"));
  }
  return findings;
}

/** Whether a section's line goes through the character device. */
function isOnDevice(section: unknown): boolean {
  const { kind } = Object(section) as { readonly kind?: unknown };
  return kind === "gpio-cdev" || kind === "gpio";
}

const fieldsOf = (line: string) => line.split(":");

function groupOf({ text }: Place, name: string): Group | null {
  const fields = (text("/etc/group") ?? "")
    .split("\n")
    .map(fieldsOf)
    .find(([found]) => found === name);
  if (fields === undefined) return null;
  return { gid: Number(fields[2]), members: (fields[3] ?? "").split(",") };
}

function checkDevices(place: Place, names: readonly string[], groupName: (typeof groups)[number]): Finding[] {
  const gid = groupOf(place, groupName)?.gid;
  return names.flatMap((name) => {
    const path = `/dev/${name}`;
    const stats = place.stat(path);
    if (stats === null) return [];
    const isUsable = ((stats.mode & 0o060) === 0o060 && stats.gid === gid) || (stats.mode & 0o006) === 0o006;
    if (isUsable) return [ok(`The group ${groupName} may use ${path}.`)];
    return [
      error(
        `${path} has mode ${modeText(stats)} and group ${stats.gid}: the daemon may not use it.`,
        "Install facelatch.rules to /etc/udev/rules.d, then sudo udevadm control --reload && sudo udevadm trigger.",
      ),
    ];
  });
}
