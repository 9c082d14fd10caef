// What a release gives to systemd and to /etc, with the paths of where it is installed.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FacelatchError } from "../../device/errors/errors.ts";
import { packageRoot } from "../../device/installation/installation.ts";

/** Where install.sh puts releases; the units of the source say so. */
export const switchedPrefix = "/opt/facelatch/current";
/** Where the Debian package puts the one that it has. */
export const debianPrefix = "/usr/lib/facelatch";

export interface SystemFiles {
  readonly service: string;
  readonly sysusers: string;
  readonly tmpfiles: string;
  /** The configuration of a door that nobody has configured yet. */
  readonly configuration: string;
}

/** Throws RELEASE_UNSOUND where the unit does not start the program from the place that it is written for. */
export function systemFiles(prefix: string): SystemFiles {
  const read = (name: string): string => readFileSync(join(packageRoot, "systemd", name), "utf8");
  const service = read("facelatch.service");
  if (!service.includes(`=${switchedPrefix}/bin/node ${switchedPrefix}/dist/facelatch.js daemon`)) {
    throw new FacelatchError("RELEASE_UNSOUND", {
      expected: `facelatch.service to start ${switchedPrefix}/bin/node`,
      found: "something else",
      next: "Change the unit and deploy/release/system-files.ts together.",
    });
  }
  const switched = prefix === switchedPrefix;
  return {
    service: service.replaceAll(switchedPrefix, prefix),
    sysusers: read("facelatch.sysusers"),
    tmpfiles: switched ? read("facelatch.tmpfiles") : read("facelatch.tmpfiles").replace(/^d \/opt\/.*\n/m, ""),
    configuration: firstConfiguration,
  };
}

const firstConfiguration = `# The settings of this door. What is left out keeps its default; this prints all of them:
#   sudo facelatch config
# Whose door it is: bundles that were made for anybody else open nothing.
#owner: { label: Markus }
#camera: { kind: rpicam }
#relay: { kind: onoff, chipLabel: pinctrl-bcm2835, line: 17 }
`;
