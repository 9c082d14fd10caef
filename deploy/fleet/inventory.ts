// The inventory: which doors there are, how each is reached, and in which stages they are updated.
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import Type, { type Static } from "typebox";
import { Errors } from "typebox/value";
import { parse } from "yaml";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";
import type { BoardWords } from "../transport/open-board.ts";

function closed<const T extends Type.TProperties>(properties: T) {
  return Type.Object(properties, { additionalProperties: false });
}

const text = Type.String({ minLength: 1, maxLength: 1_000 });

/** How a door is reached; `target` over HTTP, `ssh` through SSH, `config` or `state` alone on this machine. */
const reach = {
  target: Type.Optional(text),
  tokenFile: Type.Optional(text),
  fingerprint: Type.Optional(text),
  ssh: Type.Optional(text),
  sshConfig: Type.Optional(text),
  boardProgram: Type.Optional(text),
  config: Type.Optional(text),
  state: Type.Optional(text),
};

const { target: _target, ssh: _ssh, fingerprint: _fingerprint, ...shared } = reach;

const inventorySchema = closed({
  /** What holds for every door that says nothing else. */
  defaults: Type.Optional(closed(shared)),
  /** A number of doors, or a share of all, such as "25%"; the last stage is always all that are left. */
  stages: Type.Optional(
    Type.Array(
      Type.Union([Type.Integer({ minimum: 1, maximum: 1_000 }), Type.String({ pattern: "^\\d{1,2}%$|^100%$" })]),
      {
        minItems: 1,
        maxItems: 20,
      },
    ),
  ),
  doors: Type.Array(closed({ name: Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$" }), ...reach }), {
    minItems: 1,
    maxItems: 1_000,
  }),
});

type InventoryFile = Static<typeof inventorySchema>;

export interface Door {
  readonly name: string;
  readonly reach: BoardWords;
}

export interface Inventory {
  readonly doors: readonly Door[];
  /** How many doors each stage has; together all of them. */
  readonly stageSizes: readonly number[];
}

const bytesMax = 1024 * 1024;
const defaultStages = [1, "25%", "100%"];

/** Throws INPUT_MISSING, INPUT_INVALID naming what is wrong. Paths in it are relative to its own folder. */
export function loadInventory(path: string): Inventory {
  const file = checked(readYaml(path), path);
  const names = file.doors.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalid(path, `two doors called "${twice}"`);
  const folder = dirname(path);
  const doors = file.doors.map(({ name, ...own }) => {
    const here = own.ssh === undefined ? [own.config, own.state] : [];
    const ways = [own.target, own.ssh, ...here].filter((way) => way !== undefined);
    if (ways.length !== 1) throw invalid(path, `"${name}" with ${ways.length} of target, ssh, config and state`);
    const { config, state, ...defaults } = file.defaults ?? {};
    const isTold = own.ssh === undefined || own.config !== undefined || own.state !== undefined;
    const words: BoardWords = { ...defaults, ...(isTold ? {} : { config, state }), ...own };
    return { name, reach: fromFolder(words, folder) };
  });
  return { doors, stageSizes: stageSizes(file.stages ?? defaultStages, doors.length) };
}

function readYaml(path: string): unknown {
  let source: string;
  try {
    source = readFileSync(path, "utf8");
  } catch (cause) {
    const detail = {
      expected: `an inventory at ${path}`,
      found: messageOf(cause),
      next: "See docs/updates.md for one.",
      cause,
    };
    throw new FacelatchError("INPUT_MISSING", detail);
  }
  if (Buffer.byteLength(source) > bytesMax) throw invalid(path, `more than ${bytesMax} bytes`);
  try {
    return parse(source, { version: "1.2", stringKeys: true, maxAliasCount: 0, logLevel: "error" });
  } catch (error) {
    throw invalid(path, messageOf(error));
  }
}

function checked(value: unknown, path: string): InventoryFile {
  const [first] = Errors(inventorySchema, value);
  if (first === undefined) return value as InventoryFile;
  throw invalid(path, `${first.instancePath || "the whole"}: ${first.message}`);
}

function fromFolder(words: BoardWords, folder: string): BoardWords {
  const at = (path: string | undefined) => (path === undefined ? undefined : resolve(folder, path));
  const local = { tokenFile: at(words.tokenFile), sshConfig: at(words.sshConfig) };
  return {
    ...words,
    ...local,
    ...(words.ssh === undefined ? { config: at(words.config), state: at(words.state) } : {}),
  };
}

/** Stages name how many doors are done by their end. */
function stageSizes(stages: NonNullable<InventoryFile["stages"]>, doors: number): number[] {
  const ends = stages.map((stage) =>
    typeof stage === "number" ? stage : Math.ceil((Number.parseInt(stage, 10) * doors) / 100),
  );
  const sizes: number[] = [];
  let done = 0;
  for (const end of [...ends, doors]) {
    const size = Math.min(end, doors) - done;
    if (size <= 0) continue;
    sizes.push(size);
    done += size;
  }
  return sizes;
}

function invalid(path: string, found: string): FacelatchError {
  return new FacelatchError("INPUT_INVALID", {
    expected: `an inventory of doors in ${path}`,
    found,
    next: "Mend it; docs/updates.md shows one.",
  });
}
