// Notices when another bundle was installed, so that flashing needs no restart of the daemon.
import { currentBundleSha256 } from "./slots/slots.ts";

const pollMs = 1_000;

export class BundleWatch {
  readonly #stateDir: string;
  readonly #onChange: (sha256: string | null) => void;
  #timer: NodeJS.Timeout | undefined;
  #sha256: string | null = null;

  /** @param onChange is told the bundle that is installed now; null where none is */
  constructor(stateDir: string, onChange: (sha256: string | null) => void) {
    this.#stateDir = stateDir;
    this.#onChange = onChange;
  }

  async start(): Promise<void> {
    this.#sha256 = await this.#read();
    this.#timer = setInterval(() => void this.#check(), pollMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #check(): Promise<void> {
    const sha256 = await this.#read();
    if (sha256 === this.#sha256) return;
    this.#sha256 = sha256;
    this.#onChange(sha256);
  }

  /** A link that cannot be read is no bundle; the vision process says what is wrong with it. */
  async #read(): Promise<string | null> {
    return currentBundleSha256(this.#stateDir).catch(() => null);
  }
}
