// Runs the compiled tests. Without arguments, all that need nothing but this package; arguments choose by a part of the
// path, also those that need more: browser/ (Chromium), guest/ (QEMU), webgpu/ (Vulkan), mqtt/ (mosquitto), ssh/ (sshd),
// release/ (root, and Debian's tools for building and emulation), shared/ (the images that FACELATCH_SHARED names) and
// soak/ (an hour, or FACELATCH_SOAK_S).
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../dist/test");
const parts = process.argv.slice(2);
const needsMore = /^(browser|guest|mqtt|release|shared|soak|ssh|webgpu)\//;
const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".test.js"))
  .filter((path) => (parts.length === 0 ? !needsMore.test(path) : parts.some((part) => path.includes(part))))
  .sort();
if (files.length === 0) {
  console.error(`no test matches ${parts.join(" ")}`);
  process.exit(1);
}

/** A machine without a GPU has the software adapter and the Vulkan loader that Debian's chromium brings. */
function softwareVulkan() {
  const folder = process.env.FACELATCH_VULKAN ?? "/usr/lib/chromium";
  const driver = join(folder, "vk_swiftshader_icd.json");
  if (process.env.VK_ICD_FILENAMES !== undefined || !existsSync(driver)) return {};
  return { VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(":") };
}

const env = files.every((path) => path.startsWith("webgpu/")) ? { ...process.env, ...softwareVulkan() } : process.env;
const { status } = spawnSync(
  process.execPath,
  // An emulated board needs the whole machine, or its frames are stale before they are judged.
  ["--test", `--test-concurrency=${parts.includes("release/") ? 1 : 2}`, ...files.map((path) => join(root, path))],
  { stdio: "inherit", env },
);
process.exit(status ?? 1);
