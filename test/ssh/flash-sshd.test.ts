// Flashing through the real ssh and a real sshd on the loopback; the connection breaks off on the way.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startBoard, writeBundle } from "../deploy/boards.ts";
import { cuttingProxy } from "../deploy/cutting-proxy.ts";
import { eventually } from "../fixtures/eventually.ts";
import { facelatch, facelatchProgram } from "../fixtures/facelatch-command.ts";
import type { Ending } from "../fixtures/real-daemon.ts";

const sshdProgram = process.env["FACELATCH_SSHD"] ?? "/usr/sbin/sshd";

/** A server with keys of its own; returns its port. */
async function startSshd(t: Ending, folder: string): Promise<number> {
  for (const name of ["host", "user"])
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, name)]);
  await copyFile(join(folder, "user.pub"), join(folder, "authorized"));
  const port = await freePort();
  // Started by root it keeps a folder for its unprivileged half, which Debian's unit makes otherwise.
  if (process.getuid?.() === 0) await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  const config = [
    ...[`Port ${port}`, "ListenAddress 127.0.0.1", `HostKey ${join(folder, "host")}`, "PidFile none", "UsePAM no"],
    ...[`AuthorizedKeysFile ${join(folder, "authorized")}`, "StrictModes no", "PasswordAuthentication no"],
  ];
  await writeFile(join(folder, "sshd_config"), `${config.join("\n")}\n`);
  const sshd = spawn(sshdProgram, ["-D", "-e", "-f", join(folder, "sshd_config")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  sshd.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  t.after(async () => {
    if (sshd.exitCode !== null) return;
    sshd.kill();
    await once(sshd, "exit");
  });
  await eventually(
    "sshd listens",
    () => said,
    (text) => {
      assert.equal(sshd.exitCode, null, text);
      return text.includes("Server listening");
    },
  );
  return port;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

test("a bundle goes through sshd, goes on after breaks, is confirmed, and is gone back from", {
  timeout: 600_000,
}, async (t) => {
  const { site, daemon } = await startBoard(t);
  const { path, bundle, bytes } = await writeBundle(site.folder, 105);
  const proxy = await cuttingProxy(t, await startSshd(t, site.folder), 3_000_000);
  const config = join(site.folder, "ssh_config");
  const host = ["HostName 127.0.0.1", `Port ${proxy.port}`, `User ${userInfo().username}`];
  const trust = [`IdentityFile ${join(site.folder, "user")}`, "IdentitiesOnly yes", "BatchMode yes"];
  const known = [`UserKnownHostsFile ${join(site.folder, "known")}`, "StrictHostKeyChecking accept-new"];
  await writeFile(config, `Host board\n${[...host, ...trust, ...known].map((line) => `  ${line}\n`).join("")}`);
  const program = `'${process.execPath}' '${facelatchProgram}'`;
  const reach = ["--ssh", "board", "--ssh-config", config, "--board-program", program, "--state", site.stateDir];
  const flashed = await facelatch("flash", path, ...reach, "--yes", "--json");
  assert.equal(flashed.exitCode, 0, flashed.stderr);
  assert.equal(flashed.json()["outcome"], "confirmed");
  assert.ok(proxy.cut >= 1, "the connection was never cut");
  // A third more as text, and at each break what was on its way; begun anew each time, it would never arrive.
  assert.ok(proxy.sentBytes < bytes * 3, `${proxy.sentBytes} bytes were sent for ${bytes}`);
  assert.equal((await daemon.status()).bundle?.sha256, bundle.sha256);
  const back = await facelatch("rollback", ...reach, "--yes", "--json");
  assert.equal(back.exitCode, 0, back.stderr);
  assert.equal(back.json()["outcome"], "rolled-back");
});
