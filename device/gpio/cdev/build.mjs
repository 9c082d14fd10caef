// Compiles the addon for GPIO character devices with node-gyp; a machine that cannot build it, or has no such devices,
// still installs and runs, with another relay.
import { spawnSync } from "node:child_process";

const built = spawnSync("node-gyp", ["rebuild", "--directory", import.meta.dirname], {
  stdio: "inherit",
  shell: process.platform === "win32",
  timeout: 300_000,
});
if (built.status !== 0) {
  console.warn(
    "facelatch: the addon for GPIO character devices was not built (a C compiler, python3, make and the headers of " +
      "Linux 5.10 or later are needed). The relay `gpio-cdev` is not available. To try again: npm run install",
  );
}
