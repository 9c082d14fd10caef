// Pairings as files in the state folder: a command on the board opens one, and the running daemon judges the code.
import { randomBytes, timingSafeEqual } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import Type, { type Static } from "typebox";
import { Check } from "typebox/value";
import { readPrivateFile, removePrivateFile, writePrivateFile } from "../files/private-file.ts";
import type { Pairing, PairingAnswer } from "./access.ts";
import { accessFolder, onFiles } from "./access-files.ts";
import { makePairingCode, pairingCodeHash, pairingCodeText, readPairingCode } from "./pairing-code.ts";

export const pairingMs = 120_000;
/** So many wrong codes close a pairing, and all later ones until somebody opens one on the board. */
export const wrongCodesMax = 5;

const pairingSchema = Type.Object(
  {
    id: Type.String({ pattern: "^[0-9a-f]{12}$" }),
    codeSha256: Type.String({ pattern: "^[0-9a-f]{64}$" }),
    /** On the system's monotonic clock, which all processes share. */
    openedAtMs: Type.Number({ minimum: 0 }),
  },
  { additionalProperties: false },
);
const triesSchema = Type.Object({ wrongInRow: Type.Integer({ minimum: 0 }) }, { additionalProperties: false });

type PairingRecord = Static<typeof pairingSchema>;

export interface PairingFilesOptions {
  /** The system's monotonic clock, in ms; it begins anew when the board does. */
  readonly nowMs?: () => number;
}

export class PairingFiles implements Pairing {
  readonly #folder: string;
  readonly #nowMs: () => number;
  #busy = false;

  constructor(stateDir: string, { nowMs = systemNowMs }: PairingFilesOptions = {}) {
    this.#folder = accessFolder(stateDir);
    this.#nowMs = nowMs;
  }

  /** Opens a pairing in place of any other, for somebody on the board: wrong codes are forgiven. Returns the code. */
  async open(): Promise<string> {
    return onFiles(async () => {
      await rm(this.#triesPath, { force: true });
      return this.#open();
    });
  }

  /**
   * Opens the pairing of a daemon that starts without any token. Wrong codes of before count on, as whoever makes the
   * daemon start again must not get further tries by that.
   *
   * @returns the code; null where too many were wrong
   */
  async openAtStart(): Promise<string | null> {
    return onFiles(async () => ((await this.#wrongInRow()) >= wrongCodesMax ? null : this.#open()));
  }

  /** Ends a pairing that an earlier run left: its time may have been another boot's. */
  async dropAtStart(): Promise<void> {
    await onFiles(() => this.#close());
  }

  async enter(code: string): Promise<PairingAnswer> {
    if (this.#busy) return { kind: "busy" };
    this.#busy = true;
    try {
      return await onFiles(() => this.#judge(readPairingCode(code)));
    } finally {
      this.#busy = false;
    }
  }

  async #judge(code: string): Promise<PairingAnswer> {
    const pairing = await readRecord(this.#pairingPath, pairingSchema);
    if (pairing === null) return { kind: "closed" };
    const ageMs = this.#nowMs() - pairing.openedAtMs;
    const wrong = await this.#wrongInRow();
    if (!(ageMs >= 0 && ageMs < pairingMs) || wrong >= wrongCodesMax) return { kind: "closed" };
    // Counted as wrong before it is judged: whoever kills the daemon in between has used up the try.
    await this.#writeTries(wrong + 1);
    if (!timingSafeEqual(pairingCodeHash(pairing.id, code), Buffer.from(pairing.codeSha256, "hex"))) {
      return { kind: "wrong", triesLeft: wrongCodesMax - wrong - 1 };
    }
    // Used up before anything follows from it.
    await this.#close();
    await this.#writeTries(0);
    return { kind: "paired" };
  }

  async #open(): Promise<string> {
    const code = makePairingCode();
    const id = randomBytes(6).toString("hex");
    const codeSha256 = pairingCodeHash(id, code).toString("hex");
    const record: PairingRecord = { id, codeSha256, openedAtMs: this.#nowMs() };
    await writePrivateFile(this.#pairingPath, `${JSON.stringify(record)}\n`);
    return pairingCodeText(code);
  }

  async #close(): Promise<void> {
    await removePrivateFile(this.#pairingPath);
  }

  async #wrongInRow(): Promise<number> {
    return (await readRecord(this.#triesPath, triesSchema))?.wrongInRow ?? 0;
  }

  async #writeTries(wrongInRow: number): Promise<void> {
    await writePrivateFile(this.#triesPath, `${JSON.stringify({ wrongInRow })}\n`);
  }

  get #pairingPath(): string {
    return join(this.#folder, "pairing.record");
  }

  get #triesPath(): string {
    return join(this.#folder, "pairing.tries");
  }
}

async function readRecord<T extends Type.TObject>(path: string, schema: T): Promise<Static<T> | null> {
  const text = await readPrivateFile(path);
  if (text === null) return null;
  const record: unknown = JSON.parse(text);
  if (!Check(schema, record)) throw new Error(`a damaged record at ${path}`);
  return record as Static<T>;
}

function systemNowMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}
