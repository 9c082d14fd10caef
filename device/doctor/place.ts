// The machine that is examined: its files below a root folder, its configuration, and, where it is this one, its programs.
import { execFile } from "node:child_process";
import { readdirSync, readFileSync, type Stats, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Config, loadConfig } from "../config/config.ts";
import { messageOf } from "../errors/errors.ts";
import type { CdevSource } from "../gpio/gpio.ts";

export interface PlaceOptions {
  readonly configPath: string;
  /** "/" for this machine; else the folder that another machine's card is mounted at. */
  readonly root: string;
  /** Where chips come from; this machine's own unless told. */
  readonly cdev?: CdevSource;
}

export interface Place {
  /** Whether it is this machine, so that its devices answer. */
  readonly isLive: boolean;
  readonly configPath: string;
  /** Null where it is missing or not valid; then `configFault` says why. */
  readonly config: Config | null;
  readonly configFault: string | null;
  readonly cdev: CdevSource;
  /** A path of the machine as one of this process. */
  at(path: string): string;
  /** The trimmed text of a small file; null where it cannot be read. */
  text(path: string): string | null;
  /** The names in a folder, in order; none where it cannot be read. */
  names(path: string): string[];
  /** Null where there is nothing. Throws where that cannot be told. */
  stat(path: string): Stats | null;
  /** What a program prints; null where it is missing, fails, or takes 10 s, and on another machine's card. */
  run(command: string, ...args: string[]): Promise<string | null>;
}

const programTimeoutMs = 10_000;
const textBytesMax = 256 * 1024;

export function lookAt({ configPath, root, cdev }: PlaceOptions): Place {
  const isLive = resolve(root) === "/";
  const at = (path: string) => (isLive ? path : join(root, path));
  const [config, configFault] = readConfig(at(configPath));
  return {
    isLive,
    configPath,
    config,
    configFault,
    cdev: cdev ?? { devRoot: at("/dev") },
    at,
    text: (path) => {
      try {
        return readFileSync(at(path), "utf8").slice(0, textBytesMax).trim();
      } catch {
        return null;
      }
    },
    names: (path) => {
      try {
        return readdirSync(at(path)).sort();
      } catch {
        return [];
      }
    },
    stat: (path) => statSync(at(path), { throwIfNoEntry: false }) ?? null,
    run: (command, ...args) => (isLive ? output(command, args) : Promise.resolve(null)),
  };
}

function readConfig(path: string): [Config, null] | [null, string] {
  try {
    return [loadConfig(path), null];
  } catch (error) {
    return [null, messageOf(error)];
  }
}

function output(command: string, args: readonly string[]): Promise<string | null> {
  return new Promise((done) => {
    const limits = { timeout: programTimeoutMs, maxBuffer: textBytesMax, killSignal: "SIGKILL" } as const;
    execFile(command, [...args], limits, (error, stdout) => done(error === null ? stdout.trim() : null));
  });
}

/** The permission bits of a file's mode, such as "0640". */
export function modeText({ mode }: Stats): string {
  return `0${(mode & 0o777).toString(8).padStart(3, "0")}`;
}
