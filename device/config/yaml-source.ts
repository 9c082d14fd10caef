// The configuration's YAML as a tree of nodes that know their place in the text.
import { isCollection, isMap, LineCounter, type Node, parseDocument } from "yaml";

/** The most bytes of a configuration. */
export const configBytesMax = 256 * 1024;

/** Something wrong with a configuration, in words; `line` counts from 1 and is null where it has none. */
export interface Problem {
  readonly line: number | null;
  readonly text: string;
}

export interface YamlSource {
  /** Null for an empty document. */
  readonly root: Node | null;
  readonly lineOf: (node: Node) => number | null;
}

const yamlOptions = {
  version: "1.2",
  stringKeys: true,
  resolveKnownTags: false,
  prettyErrors: false,
  logLevel: "error",
} as const;

/** Parses YAML 1.2; the problems of its syntax come alone, as what they leave of the tree cannot be trusted. */
export function readYaml(text: string): YamlSource | readonly Problem[] {
  const size = Buffer.byteLength(text);
  if (size > configBytesMax) return [{ line: null, text: `${size} bytes are more than ${configBytesMax}` }];
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { ...yamlOptions, lineCounter });
  // A warning is a tag that means nothing here: what it was to achieve would not happen.
  const faults = [...document.errors, ...document.warnings];
  if (faults.length === 0) {
    return { root: document.contents, lineOf: (node) => lineAt(lineCounter, node.range?.[0]) };
  }
  return faults.map(({ code, message, pos }) => {
    const { line, col } = lineCounter.linePos(pos[0]);
    const key = code === "DUPLICATE_KEY" ? /^["']?([\w.-]{1,64})/.exec(text.slice(pos[0]))?.[1] : undefined;
    return { line, text: key === undefined ? `column ${col}: ${message}` : `column ${col}: "${key}" is given twice` };
  });
}

/** One section of a text, whatever else is wrong with it; null where none can be made out. */
export function readSection(text: string, name: string): Node | null {
  if (Buffer.byteLength(text) > configBytesMax) return null;
  const root = parseDocument(text, yamlOptions).contents;
  const section = isMap(root) ? root.get(name, true) : undefined;
  return isMap(section) ? section : null;
}

function lineAt(lineCounter: LineCounter, offset: number | undefined): number | null {
  return offset === undefined ? null : lineCounter.linePos(offset).line;
}

/** True for a node that holds nothing: `key:` without a value, or a collection without items. */
export function isEmptyNode(node: Node | null): boolean {
  if (node === null) return true;
  if (isCollection(node)) return node.items.length === 0;
  return "value" in node && node.value === null;
}
