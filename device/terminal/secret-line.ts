// Reads a secret: from a terminal without showing it, or as the one line of what is piped in.
import { StringDecoder } from "node:string_decoder";
import type { ReadStream } from "node:tty";
import { FacelatchError } from "../errors/errors.ts";

const charactersMax = 1_000;
const endKeys = new Set(["\r", "\n", "\u0004"]);
const eraseKeys = new Set(["\b", "\u007f"]);
const interruptKey = "\u0003";

/**
 * The secret, without the end of its line. On a terminal it is asked for twice where a typing error would be kept.
 *
 * @param prompt what is asked for, such as "New PIN"
 * @throws FacelatchError INPUT_INVALID when the two differ, when it is too long, or when Ctrl-C was pressed
 */
export async function readSecret(prompt: string, asked: "once" | "twice" = "twice"): Promise<string> {
  const { stdin } = process;
  if (!stdin.isTTY) return readPiped(stdin);
  const keys = new Keys(stdin);
  try {
    const first = await readTyped(keys, `${prompt}: `);
    if (asked === "once") return first;
    const second = await readTyped(keys, `${prompt} again: `);
    if (first === second) return first;
    throw invalid("the same twice", "two different ones", "Try again.");
  } finally {
    keys.close();
  }
}

async function readPiped(stdin: NodeJS.ReadStream): Promise<string> {
  let text = "";
  stdin.setEncoding("utf8");
  for await (const chunk of stdin) {
    text += chunk;
    if (text.length > charactersMax) throw invalid("one short line", "more", "Pipe in nothing but the secret.");
  }
  const lines = text.replace(/\r?\n$/, "").split("\n");
  if (lines.length > 1) throw invalid("one line", "several", "Pipe in nothing but the secret.");
  return lines[0]!;
}

/** The keys of a terminal that shows none of them: what was typed ahead of a question is kept for it. */
class Keys {
  readonly #stdin: ReadStream;
  readonly #decoder = new StringDecoder("utf8");
  readonly #waiting: string[] = [];
  #wake: () => void = () => {};
  #ended = false;

  constructor(stdin: ReadStream) {
    this.#stdin = stdin;
    stdin.setRawMode(true);
    stdin.on("data", this.#take).on("end", this.#end).resume();
  }

  async next(): Promise<string> {
    while (this.#waiting.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#waiting.shift() ?? "\u0004";
  }

  close(): void {
    this.#stdin.off("data", this.#take).off("end", this.#end).pause();
    this.#stdin.setRawMode(false);
  }

  #take = (bytes: Buffer): void => {
    this.#waiting.push(...this.#decoder.write(bytes));
    this.#wake();
  };

  #end = (): void => {
    this.#ended = true;
    this.#wake();
  };
}

async function readTyped(keys: Keys, prompt: string): Promise<string> {
  process.stderr.write(prompt);
  let typed = "";
  for (;;) {
    const key = await keys.next();
    if (endKeys.has(key)) break;
    if (key === interruptKey) throw invalid("a secret", "Ctrl-C", "Nothing was changed.");
    typed = eraseKeys.has(key) ? typed.slice(0, -1) : typed + key;
    if (typed.length > charactersMax) throw invalid("one short line", "more", "Try again.");
  }
  process.stderr.write("\n");
  return typed;
}

function invalid(expected: string, found: string, next: string): FacelatchError {
  return new FacelatchError("INPUT_INVALID", { expected, found, next });
}
