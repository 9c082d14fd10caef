// What the door decides, for a log that is made more talkative: each change of mind at debug, each frame at trace.
import type { Look } from "../../pipeline.ts";

interface TalkativeLog {
  debug: (text: string) => void;
  trace: (text: string) => void;
}

export class LookLog {
  readonly #log: TalkativeLog;
  #told: string | null = null;

  constructor(log: TalkativeLog) {
    this.#log = log;
  }

  note({ frame, decision }: Look): void {
    const word = decision.kind === "unlock" ? "unlock" : `refuse, ${decision.reason}`;
    if (word !== this.#told) this.#log.debug(`the door decides: ${word}`);
    this.#told = word;
    this.#log.trace(`frame ${frame?.seq ?? "missing"}: ${word}`);
  }
}
