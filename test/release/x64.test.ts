// The release for x64, natively: the archive in a bare root, and the Debian package as dpkg installs, upgrades and removes it.
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { start } from "../fixtures/facelatch-command.ts";
import { type BareRoot, leastPackages, makeRoot } from "./bare-root.ts";
import { installArchive, openDoor } from "./door-in-root.ts";
import { checkFirstRun } from "./first-run-in-root.ts";
import { assertSound, makeRelease } from "./made-release.ts";

test("a release for x64, and its Debian package", async (t) => {
  const release = await makeRelease(t, "x64", "--deb");
  assertSound(release, "x64");
  const deb = release.debianPackage!;
  t.diagnostic(
    `${release.archive.bytes} bytes packed, ${deb.bytes} as a package, made in ${release.durationS.toFixed(0)} s`,
  );

  await t.test("lintian finds no error in the package", async () => {
    const { exitCode, stdout, stderr } = await start("lintian", ["--allow-root", "--fail-on", "error", deb.path]).ended;
    assert.equal(exitCode, 0, `${stdout}${stderr}`);
  });

  const packages = [...leastPackages, "systemd", "passwd", "init-system-helpers", "openssh-server"];
  const root = await makeRoot(t, { debianArch: "amd64", variant: "apt", packages });

  await t.test("dpkg installs it with a user and settings of its own, and the door opens", async () => {
    await copyFile(deb.path, join(root.folder, "tmp/facelatch.deb"));
    await root.mustRun("dpkg", "--install", "/tmp/facelatch.deb");
    await assertInstalled(root);
    await openDoor(t, root, "/usr/bin/facelatch");
  });

  await t.test("settings survive an upgrade and a removal, and a purge leaves nothing of a person", async () => {
    const settings = join(root.folder, "etc/facelatch/facelatch.yaml");
    await writeFile(settings, "owner: { label: Anna }\n");
    await root.mustRun("dpkg", "--install", "/tmp/facelatch.deb");
    assert.equal(readFileSync(settings, "utf8"), "owner: { label: Anna }\n");
    await root.mustRun("dpkg", "--remove", "facelatch");
    assert.equal(readFileSync(settings, "utf8"), "owner: { label: Anna }\n");
    assert.ok(existsSync(join(root.folder, "var/lib/facelatch")));
    await root.mustRun("dpkg", "--purge", "facelatch");
    for (const path of ["etc/facelatch", "var/lib/facelatch", "usr/lib/facelatch"]) {
      assert.ok(!existsSync(join(root.folder, path)), path);
    }
  });

  await t.test("the archive installs beside nothing, and the door opens", async () => {
    await installArchive(root, release);
    await openDoor(t, root);
  });

  await t.test("a first run sets a board up and installs the release with its bundle", async () => {
    await checkFirstRun(t, root, release);
  });
});

async function assertInstalled(root: BareRoot): Promise<void> {
  await root.mustRun("sh", "-c", "getent passwd facelatch && id -nG facelatch | grep -w gpio | grep -w video");
  const settings = statSync(join(root.folder, "etc/facelatch/facelatch.yaml"));
  assert.equal(settings.mode & 0o777, 0o640);
  const wanted = "etc/systemd/system/multi-user.target.wants/facelatch.service";
  await root.mustRun("sh", "-c", `[ -L /${wanted} ]`);
}
