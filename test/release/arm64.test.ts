// The release for a Raspberry Pi, made here and run under emulation in a Debian that has no compiler and no Node.js.
import { test } from "node:test";
import { leastPackages, makeRoot } from "./bare-root.ts";
import { emulatedPace, installArchive, openDoor } from "./door-in-root.ts";
import { assertSound, makeRelease } from "./made-release.ts";

test("a release for arm64 unpacks from nothing, answers, and opens the recorded door for the demo's owner", async (t) => {
  const release = await makeRelease(t, "arm64");
  assertSound(release, "arm64");
  t.diagnostic(
    `${release.archive.bytes} bytes packed, ${release.bytes} unpacked, made in ${release.durationS.toFixed(0)} s`,
  );
  const root = await makeRoot(t, { debianArch: "arm64", variant: "extract", packages: leastPackages });
  await installArchive(root, release);
  const status = await openDoor(t, root, "/usr/local/bin/facelatch", emulatedPace);
  t.diagnostic(`${status.relay.pulses} pulses after ${status.counters.framesAnalysed} frames, ${status.vision.engine}`);
});
