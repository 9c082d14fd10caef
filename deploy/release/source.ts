// Which state of the source a release is made of, so that the same source gives the same bytes.
import { runTool } from "./run-tool.ts";

export interface Source {
  /** Null where it is not a Git checkout. With `-modified` where files differ from it. */
  readonly commit: string | null;
  /** Seconds since 1970 that every file of a release has. */
  readonly timeS: number;
}

const gitTimeoutMs = 30_000;
/** Where nothing tells the time: tar and Debian's tools dislike 1970. */
const unknownTimeS = 1_767_225_600;

/** SOURCE_DATE_EPOCH is taken before the time of the commit (reproducible-builds.org). */
export async function sourceOf(root: string): Promise<Source> {
  const told = process.env["SOURCE_DATE_EPOCH"];
  const toldS = told !== undefined && /^\d{1,11}$/.test(told) ? Number(told) : null;
  try {
    const git = (...args: string[]) => runTool("git", ["-C", root, ...args], { timeoutMs: gitTimeoutMs });
    const [commit, timeS] = (await git("log", "-1", "--format=%H %ct")).trim().split(" ") as [string, string];
    const changed = (await git("status", "--porcelain", "--untracked-files=no")).trim() !== "";
    return { commit: changed ? `${commit}-modified` : commit, timeS: toldS ?? Number(timeS) };
  } catch {
    // An unpacked source without Git's folder, or no Git: the release then tells no commit.
    return { commit: null, timeS: toldS ?? unknownTimeS };
  }
}
