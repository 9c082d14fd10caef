// Runs the compiled tests. Without arguments, all that need nothing but this package; arguments choose by a part of the
// path, also those that need more: browser/ (Chromium) and shared/ (the images that FACELATCH_SHARED names).
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../dist/test");
const parts = process.argv.slice(2);
const needsMore = /^(browser|shared)\//;
const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".test.js"))
  .filter((path) => (parts.length === 0 ? !needsMore.test(path) : parts.some((part) => path.includes(part))))
  .sort()
  .map((path) => join(root, path));
if (files.length === 0) {
  console.error(`no test matches ${parts.join(" ")}`);
  process.exit(1);
}
const { status } = spawnSync(process.execPath, ["--test", "--test-concurrency=2", ...files], { stdio: "inherit" });
process.exit(status ?? 1);
