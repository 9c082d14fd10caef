// What a release gives to systemd, to udev and to /etc, with the paths of where it is installed.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FacelatchError } from "../../device/errors/errors.ts";
import { packageRoot } from "../../device/installation/installation.ts";
import { writeText } from "./tree.ts";

/** Where install.sh puts releases; the units of the source say so. */
const switchedPrefix = "/opt/facelatch/current";
/** Where the Debian package puts the one that it has. */
export const debianPrefix = "/usr/lib/facelatch";

export interface SystemFiles {
  readonly service: string;
  /** The unit that says that the daemon was given up. */
  readonly alarm: string;
  readonly sysusers: string;
  readonly tmpfiles: string;
  /** For udev: who may drive GPIO lines. */
  readonly rules: string;
  /** The configuration of a door that nobody has configured yet. */
  readonly configuration: string;
}

/** Throws RELEASE_UNSOUND where a unit does not start the program from the place that it is written for. */
export function systemFiles(prefix: string): SystemFiles {
  const read = (name: string): string => readFileSync(join(packageRoot, "systemd", name), "utf8");
  const unit = (name: string, command: string): string => {
    const text = read(name);
    if (text.includes(`=${switchedPrefix}/bin/node ${switchedPrefix}/dist/facelatch.js ${command}`)) {
      return text.replaceAll(switchedPrefix, prefix);
    }
    throw new FacelatchError("RELEASE_UNSOUND", {
      expected: `${name} to start ${switchedPrefix}/bin/node`,
      found: "something else",
      next: "Change the unit and deploy/release/system-files.ts together.",
    });
  };
  const switched = prefix === switchedPrefix;
  return {
    service: unit("facelatch.service", "daemon"),
    alarm: unit("facelatch-alarm.service", "relay-off"),
    sysusers: read("facelatch.sysusers"),
    tmpfiles: switched ? read("facelatch.tmpfiles") : read("facelatch.tmpfiles").replace(/^d \/opt\/.*\n/m, ""),
    rules: read("facelatch.rules"),
    configuration: firstConfiguration,
  };
}

/** All of them into the release that install.sh installs. */
export function writeSystemFiles(tree: string): void {
  const { service, alarm, sysusers, tmpfiles, rules, configuration } = systemFiles(switchedPrefix);
  writeText(tree, "systemd/facelatch.service", service);
  writeText(tree, "systemd/facelatch-alarm.service", alarm);
  writeText(tree, "systemd/facelatch.sysusers", sysusers);
  writeText(tree, "systemd/facelatch.tmpfiles", tmpfiles);
  writeText(tree, "systemd/facelatch.rules", rules);
  writeText(tree, "systemd/facelatch.yaml", configuration);
}

const firstConfiguration = `# The settings of this door. What is left out keeps its default; this prints all of them:
#   sudo facelatch config
# Whose door it is: bundles that were made for anybody else open nothing.
#owner: { label: Markus }
#camera: { kind: rpicam }
#relay: { kind: gpio-cdev, chipLabel: pinctrl-bcm2835, line: 17 }
`;
