// Compiles the XNNPACK delegate plugin with node-gyp; a machine that cannot build it still installs and runs, slower.
import { spawnSync } from "node:child_process";

const built = spawnSync("node-gyp", ["rebuild", "--directory", import.meta.dirname], {
  stdio: "inherit",
  shell: process.platform === "win32",
  timeout: 300_000,
});
if (built.status !== 0) {
  console.warn(
    "facelatch: the XNNPACK delegate was not built (a C compiler, python3 and make are needed). " +
      "Inference will run without it, several times slower; the daemon's status shows this as a warning. " +
      "To try again: npm rebuild && npm run install",
  );
}
