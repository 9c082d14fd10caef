// Flashing through ssh without a server: a stand-in on the PATH runs the remote command here, and what ssh is given is checked.
import assert from "node:assert/strict";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { sshArguments } from "../../deploy/transport/ssh-board.ts";
import { FacelatchError } from "../../device/errors/errors.ts";
import { facelatchProgram, start } from "../fixtures/facelatch-command.ts";
import { type Ending, makeSite, type Site, writeConfig } from "../fixtures/real-daemon.ts";
import { changedBundle } from "../fixtures/small-bundle.ts";
import { trustTestKey } from "../fixtures/test-keys.ts";
import { startBoard, writeBundle } from "./boards.ts";

const target = {
  destination: "pi@door.local",
  configPath: null,
  boardProgram: "sudo facelatch",
  place: { state: "/var/lib/x" },
};

test("ssh is given options, the destination behind --, and the folder quoted for the board's shell", () => {
  const args = sshArguments(target);
  assert.deepEqual(args.slice(-3), ["--", "pi@door.local", "sudo facelatch board session --state '/var/lib/x'"]);
  assert.ok(args.includes("-T"));
  assert.equal(
    sshArguments({ ...target, place: { state: "a'; rm -rf ~ #" } }).at(-1),
    `sudo facelatch board session --state 'a'\\''; rm -rf ~ #'`,
  );
  assert.equal(
    sshArguments({ ...target, place: { config: "/etc/door.yaml" } }).at(-1),
    "sudo facelatch board session --config '/etc/door.yaml'",
  );
  assert.equal(sshArguments({ ...target, place: {} }).at(-1), "sudo facelatch board session");
  assert.deepEqual(sshArguments({ ...target, configPath: "/etc/x" }).slice(0, 3), ["-T", "-F", "/etc/x"]);
  for (const destination of ["", "-oProxyCommand=x", "a b", "a;b", "$(x)", "a\nb"]) {
    assert.throws(
      () => sshArguments({ ...target, destination }),
      (error) => error instanceof FacelatchError && error.code === "USAGE",
      destination,
    );
  }
});

/** Runs a command with an `ssh` of this script before all others. */
async function withSsh(site: Pick<Site, "folder">, script: string, ...args: readonly string[]) {
  const path = join(site.folder, "ssh");
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  const environment = [`PATH=${site.folder}:${process.env["PATH"]}`, process.execPath, facelatchProgram];
  return start("env", [...environment, ...args]).ended;
}

const runHere = 'while [ "$1" != "--" ]; do shift; done; shift 2; exec sh -c "$1"';
const boardProgram = `'${process.execPath}' '${facelatchProgram}'`;

function flashArguments(site: Site, path: string): string[] {
  const reach = ["--ssh", "pi@door.local", "--board-program", boardProgram, "--state", site.stateDir];
  return ["flash", path, ...reach, "--yes", "--json"];
}

test("a bundle goes through a session, also after it broke off, and the daemon confirms it", {
  timeout: 600_000,
}, async (t: Ending) => {
  const { site, daemon } = await startBoard(t);
  const { path, bundle, bytes } = await writeBundle(site.folder, 105);
  const count = join(site.folder, "sessions");
  // The first session is cut in the middle of the archive.
  const cut = `echo x >> '${count}'; [ "$(wc -l < '${count}')" -gt 1 ] || { ${runHere.replace("exec sh", "dd bs=65536 count=40 2>/dev/null | sh")}; exit; }`;
  const { exitCode, stderr, json } = await withSsh(site, `${cut}\n${runHere}`, ...flashArguments(site, path));
  assert.equal(exitCode, 0, stderr);
  assert.deepEqual([json()["outcome"], json()["bytes"]], ["confirmed", bytes]);
  assert.equal((await readFile(count, "utf8")).length / 2, 2);
  assert.equal((await daemon.status()).bundle?.sha256, bundle.sha256);
  const back = await withSsh(site, runHere, "rollback", ...flashArguments(site, path).slice(2));
  assert.equal(back.exitCode, 0, back.stderr);
  assert.equal(back.json()["outcome"], "rolled-back");
});

test("a board that cannot be reached is told in ssh's own words", { timeout: 120_000 }, async (t) => {
  const site = await makeSite(t);
  const { path } = await writeBundle(site.folder, 105);
  const failed = await withSsh(
    site,
    "echo 'ssh: connect to host door.local: No route to host' >&2; exit 255",
    ...flashArguments(site, path),
  );
  assert.equal(failed.exitCode, 69, failed.stderr);
  assert.match(failed.stderr, /No route to host.*BOARD_UNREACHABLE/s);
  const strange = await withSsh(site, "echo Welcome", ...flashArguments(site, path));
  assert.equal(strange.exitCode, 69, strange.stderr);
});

test("on the board, and through ssh to it, the door's own configuration counts", { timeout: 300_000 }, async (t) => {
  const board = "raspberrypi,4-model-b";
  const site = await makeSite(t);
  const { path } = await writeBundle(site.folder, 105, (bundle) =>
    changedBundle(bundle, {
      manifest: (manifest) => ({ ...manifest, compatible: { ...manifest.compatible, boards: [board] } }),
    }),
  );
  const further = join(site.folder, "further-keys");
  await trustTestKey(further);
  const refusedBy = async (words: readonly string[], changes: Parameters<typeof writeConfig>[1]) => {
    await writeConfig(site, changes);
    const { exitCode, stderr } = await withSsh(site, runHere, "flash", path, ...words, "--yes", "--no-wait");
    return exitCode === 0 ? null : /\b(?:[A-Z]+_[A-Z_]+|USAGE)\b/.exec(stderr)?.[0];
  };
  const keys = { trustedKeysDir: further, board };
  const here = ["--config", site.configPath];
  const throughSsh = ["--ssh", "pi@door.local", "--board-program", boardProgram, ...here];
  assert.equal(await refusedBy(here, {}), "BUNDLE_KEY_UNTRUSTED");
  assert.equal(await refusedBy(here, { updates: keys, owner: { label: "Anna" } }), "BUNDLE_OWNER_MISMATCH");
  assert.equal(await refusedBy(throughSsh, { updates: keys, owner: { label: "Anna" } }), "BUNDLE_OWNER_MISMATCH");
  assert.equal(await refusedBy(here, { updates: { ...keys, board: null } }), "BUNDLE_BOARD_MISMATCH");
  assert.equal(await refusedBy([...here, "--state", site.stateDir], { updates: keys }), "USAGE");
  assert.equal(await refusedBy(throughSsh, { updates: keys }), null);
});
