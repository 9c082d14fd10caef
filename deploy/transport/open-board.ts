// From a command line's words, or an inventory's, to the board they mean.
import { readFileSync } from "node:fs";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";
import type { Board } from "./board.ts";
import { HttpBoard } from "./http-board.ts";
import { plainFingerprint } from "./http-client.ts";
import { type DoorPlace, LocalBoard } from "./local-board.ts";
import { SshBoard } from "./ssh-board.ts";

/**
 * Where a board is: `target`, or `ssh`, or this machine. On this machine and with `ssh`, `config` or `state` say which door
 * it is there.
 */
export interface BoardWords extends DoorPlace {
  /** A name, or an http or https address. */
  readonly target?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly fingerprint?: string | undefined;
  readonly ssh?: string | undefined;
  readonly sshConfig?: string | undefined;
  readonly boardProgram?: string | undefined;
}

const defaultPort = 8780;
const tokenVariable = "FACELATCH_TOKEN";

/** Throws USAGE, INPUT_MISSING. Nothing is asked of the board yet. */
export async function openBoard(words: BoardWords): Promise<Board> {
  if (words.ssh !== undefined) {
    return new SshBoard({
      destination: words.ssh,
      configPath: words.sshConfig ?? null,
      boardProgram: words.boardProgram ?? "facelatch",
      place: words,
    });
  }
  if (words.target === undefined) return LocalBoard.open(words);
  const url = addressOf(words.target);
  const token = tokenOf(words.tokenFile);
  if (url.protocol === "http:" && token !== null && !isLoopback(url)) {
    throw usage("https for a token that leaves this machine", url.origin, "Set api.tls on the board.");
  }
  return new HttpBoard({ url, token, fingerprint: fingerprintOf(words.fingerprint) });
}

/** `door.local` is `https://door.local:8780`. */
export function addressOf(target: string): URL {
  const text = /^https?:\/\//.test(target) ? target : `https://${target}`;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw usage("a board's name or address", JSON.stringify(target.slice(0, 80)), "Such as door.local.");
  }
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== "") {
    throw usage("an address of scheme, name and port alone", "more", "Give the token with --token-file.");
  }
  // The URL drops the port that is its scheme's own, so the text has to say whether one was given.
  if (url.port === "" && !/:\d+\/?$/.test(text)) url.port = String(defaultPort);
  return url;
}

function isLoopback({ hostname }: URL): boolean {
  return ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
}

function fingerprintOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  const plain = plainFingerprint(text);
  if (/^[0-9a-f]{64}$/.test(plain)) return plain;
  throw usage("--fingerprint with the SHA-256 of a certificate", JSON.stringify(text.slice(0, 100)), "");
}

/** The file's one line, or the variable FACELATCH_TOKEN; null where neither is given. */
function tokenOf(file: string | undefined): string | null {
  const text = file === undefined ? process.env[tokenVariable] : readToken(file);
  const token = text?.trim() ?? "";
  if (token === "") return null;
  if (/^[\x21-\x7e]{1,512}$/.test(token)) return token;
  throw usage("a token on one line", "something else", "Write nothing else into the file.");
}

function readToken(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const expected = `a file with the board's token at ${file}`;
    const next = "Make one on the board: `facelatch tokens make --name NAME --scopes update`.";
    throw new FacelatchError("INPUT_MISSING", { expected, found: messageOf(cause), next, cause });
  }
}

function usage(expected: string, found: string, next: string): FacelatchError {
  return new FacelatchError("USAGE", { expected, found, next });
}
