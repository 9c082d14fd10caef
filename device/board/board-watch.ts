// Watches the board: reads it now and then, and tells when it comes under strain and when that is over.
import type { Board, BoardLimits, BoardStatus } from "./board.ts";
import { type BoardPaths, readBoard } from "./board-files.ts";
import { strainsOf } from "./strain.ts";

export interface BoardWatchOptions extends BoardLimits, BoardPaths {
  /** Told when what strains the board is not what it was; must not throw. */
  readonly onChange: (status: BoardStatus) => void;
  readonly readEveryMs?: number;
}

const readEveryMsDefault = 2_000;

export class BoardWatch implements Board {
  readonly #options: BoardWatchOptions;
  #status: BoardStatus = { temperatureC: null, memoryAvailableBytes: null, strains: [] };
  #timer: NodeJS.Timeout | undefined;

  constructor(options: BoardWatchOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#timer !== undefined) return;
    this.#read();
    this.#timer = setInterval(() => this.#read(), this.#options.readEveryMs ?? readEveryMsDefault);
  }

  status(): BoardStatus {
    return this.#status;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #read(): void {
    const before = this.#status.strains;
    const reading = readBoard(this.#options);
    const strains = strainsOf(before, reading, this.#options);
    this.#status = { ...reading, strains };
    if (strains.join() !== before.join()) this.#options.onChange(this.#status);
  }
}
