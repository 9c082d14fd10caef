// The command that makes a release of the daemon for a board.
import type { Command } from "commander";
import { terminalProgress } from "../../device/terminal/progress.ts";
import { oneOf, printResult } from "../../device/terminal/terminal.ts";
import type { Release } from "./release.ts";
import { type Arch, arches } from "./target.ts";

export function registerReleaseCommand(program: Command): void {
  program
    .command("release")
    .description(
      "make the daemon for a board: one archive with Node.js and all native parts, which needs no compiler there",
    )
    .requiredOption("--arch <arch>", "of the board: arm64 or x64", oneOf("--arch", arches))
    .requiredOption("--out <dir>", "the folder to write to")
    .option("--deb", "make a Debian package too", false)
    .option("--json", "print one JSON object", false)
    .addHelpText(
      "after",
      `
Example:
  $ facelatch release --arch arm64 --out releases --deb

It needs Debian's cross compiler (g++-aarch64-linux-gnu; g++-x86-64-linux-gnu for x64), make, python3 and npm, and for
--deb dpkg-deb. On the board, in the unpacked archive: sudo ./install.sh, and sudo ./install.sh --rollback.`,
    )
    .action(async (flags: { arch: Arch; out: string; deb: boolean; json: boolean }) => {
      const { makeRelease } = await import("./release.ts");
      const release = await makeRelease({ ...flags, outDir: flags.out, progress: terminalProgress() });
      printResult(flags.json, release, describeRelease(release));
    });
}

const rowsShownMax = 14;

function describeRelease({ id, archive, debianPackage, files, bytes, natives, sizes, durationS }: Release): string {
  const shown = sizes.slice(0, rowsShownMax);
  const rest = sizes.slice(rowsShownMax).reduce((sum, row) => sum + row.bytes, 0);
  const rows = [...shown, { part: `${sizes.length - shown.length} more`, files: 0, bytes: rest }];
  const packed = [archive, ...(debianPackage === null ? [] : [debianPackage])];
  return [
    ...rows.map(({ part, bytes: size }) => `${megabytes(size).padStart(9)}  ${part}`),
    `${megabytes(bytes).padStart(9)}  ${files} files in all`,
    `${natives.length} native files: machine and symbol versions as a board has them`,
    ...packed.map((file) => `${file.path}\n  ${megabytes(file.bytes)}, SHA-256 ${file.sha256}`),
    `Release ${id}, in ${durationS.toFixed(0)} s.`,
  ].join("\n");
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}
