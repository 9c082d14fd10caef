// A Debian root with hardly anything in it, for one architecture: what a board has, without compiler, Node.js or npm.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Ended, start } from "../fixtures/facelatch-command.ts";

export interface BareRoot {
  readonly folder: string;
  /** What comes before a program of the root: it sees the root alone, with /proc, /sys and /dev, until it ends. */
  readonly enter: readonly string[];
  /** Runs a program in it to its end. */
  run(...command: readonly string[]): Promise<Ended>;
  /** As `run`; fails unless the program succeeds. */
  mustRun(...command: readonly string[]): Promise<Ended>;
}

export interface RootOptions {
  /** As Debian calls it. */
  readonly debianArch: "arm64" | "amd64";
  /** `extract` runs no script of a package; `apt` configures them, and has apt and dpkg. */
  readonly variant: "extract" | "apt";
  readonly packages: readonly string[];
}

/** What install.sh and the libraries of Node.js need of any system. */
export const leastPackages = [
  ...["dash", "coreutils", "tar", "gzip", "sed", "grep", "findutils"],
  ...["libc6", "libstdc++6", "libgcc-s1", "libatomic1"],
] as const;

interface Ending {
  after(end: () => Promise<void>): void;
}

/** Everything lies below /var/tmp: a root has too many files for a /tmp in memory. */
export async function makeRoot(t: Ending, options: RootOptions): Promise<BareRoot> {
  if (options.debianArch === "arm64") await enableEmulation();
  const parent = await mkdtemp("/var/tmp/facelatch-root-");
  t.after(() => rm(parent, { recursive: true, force: true }));
  const folder = join(parent, "root");
  const made = await start("mmdebstrap", [
    ...["--quiet", `--arch=${options.debianArch}`, `--variant=${options.variant}`, "--skip=check/qemu"],
    ...[`--include=${options.packages.join(",")}`, "bookworm", folder],
  ]).ended;
  assert.equal(made.exitCode, 0, made.stderr);
  for (const tool of ["usr/bin/gcc", "usr/bin/cc", "usr/bin/make", "usr/bin/node", "usr/bin/npm"]) {
    assert.ok(!existsSync(join(folder, tool)), `${tool} is in the bare root`);
  }
  const enter = ["unshare", "--mount", "--propagation", "private", "sh", "-c", inside, "sh", folder];
  const run = (...command: readonly string[]) => start(enter[0]!, [...enter.slice(1), ...command]).ended;
  return {
    folder,
    enter,
    run,
    mustRun: async (...command) => {
      const ended = await run(...command);
      assert.equal(ended.exitCode, 0, `${command.join(" ")}: ${ended.stdout}${ended.stderr}`);
      return ended;
    },
  };
}

/** The mounts are of this process's own name space, and go with it. */
const inside = `set -e
root=$1; shift
mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/tmp"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount --rbind /dev "$root/dev"
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C chroot "$root" "$@"`;

/** The kernel then starts programs for arm64 through QEMU, those that they start themselves among them. */
async function enableEmulation(): Promise<void> {
  const entry = "/proc/sys/fs/binfmt_misc/qemu-aarch64";
  if (!existsSync(entry)) {
    const { exitCode, stderr } = await start("update-binfmts", ["--enable", "qemu-aarch64"]).ended;
    assert.equal(exitCode, 0, `apt-get install qemu-user-static binfmt-support: ${stderr}`);
  }
  const [state, , flags] = (await readFile(entry, "utf8")).split("\n");
  assert.equal(state, "enabled");
  // F: the emulator is opened beforehand, as there is none within the root.
  assert.match(flags ?? "", /^flags: .*F/);
}
