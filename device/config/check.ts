// From YAML nodes to a value of the schema: defaults filled in, and every problem told with its path and line.
import Type from "typebox";
import { Check } from "typebox/value";
import { isAlias, isMap, isScalar, isSeq, type Node, type Pair } from "yaml";
import { contentOf, expectationOf } from "./expectation.ts";
import { suggest } from "./suggest.ts";
import { isEmptyNode, type Problem, type YamlSource } from "./yaml-source.ts";

type Fields = Readonly<Record<string, Type.TSchema>>;

/** The value so far, what is wrong with it, and where each path stands in the text. */
export interface Checked {
  readonly value: unknown;
  readonly problems: readonly Problem[];
  readonly lines: ReadonlyMap<string, number>;
}

/** Reads `source` by `schema`. With problems, the value is of no use. */
export function checkSource(schema: Type.TObject, source: YamlSource): Checked {
  const walk = new Walk(schema, source);
  const value = walk.read(schema, source.root, "");
  return { value, problems: walk.problems, lines: walk.lines };
}

/** The value of one key of a section, as far as the schema accepts it; its default otherwise. */
export function leafOrDefault<T extends Type.TSchema>(schema: T, section: Node | null, key: string): Type.Static<T> {
  const node = isMap(section) ? section.get(key, true) : undefined;
  const value: unknown = isScalar(node) ? node.value : undefined;
  return Check(schema, value) ? value : (defaultOf(schema) as Type.Static<T>);
}

/** True for a choice between sections that `kind` tells apart. */
export function isChoice(schema: Type.TSchema): schema is Type.TUnion<Type.TObject[]> {
  return Type.IsUnion(schema) && schema.anyOf.every((variant) => Type.IsObject(variant));
}

export function kindOf(variant: Type.TObject): string {
  return String((variant.properties["kind"] as Type.TLiteral).const);
}

export function defaultOf(schema: Type.TSchema): unknown {
  return (schema as { readonly default?: unknown }).default;
}

class Walk {
  readonly problems: Problem[] = [];
  readonly lines = new Map<string, number>();
  readonly source: YamlSource;
  readonly allPaths: readonly string[];

  constructor(schema: Type.TObject, source: YamlSource) {
    this.source = source;
    this.allPaths = pathsOf(schema, "");
  }

  read(schema: Type.TSchema, node: Node | null, path: string): unknown {
    if (isAlias(node)) {
      this.report(path, `${nameOf(path)} is an alias; write its value here instead`);
      return undefined;
    }
    if (isChoice(schema)) return this.readChoice(schema, node, path);
    if (Type.IsObject(schema)) return this.readSection(schema, node, path, schema.properties);
    if (Type.IsArray(schema)) return this.readList(schema, node, path);
    return this.accept(schema, node, path, isScalar(node) ? node.value : undefined, node !== null && !isScalar(node));
  }

  readChoice(schema: Type.TUnion<Type.TObject[]>, node: Node | null, path: string): unknown {
    const kinds = schema.anyOf.map(kindOf);
    const given = isMap(node) ? (node.get("kind", true) as Node | undefined) : undefined;
    const fallback = (defaultOf(schema) as { readonly kind: string }).kind;
    const kind = given === undefined ? fallback : isScalar(given) ? given.value : undefined;
    const variant = schema.anyOf.find((candidate) => kindOf(candidate) === kind);
    if (variant === undefined) {
      const found = contentOf(given ?? null, schema);
      if (isMap(node)) this.rememberKeys(node.items, path);
      const meant = typeof kind === "string" ? didYouMean(suggest(kind, kinds)) : "";
      this.report(`${path}.kind`, `${path}.kind: expected one of ${kinds.join(", ")}; found ${found}${meant}`);
      return undefined;
    }
    const properties = { ...variant.properties, kind: Type.Literal(kindOf(variant), { default: fallback }) };
    return this.readSection(variant, node, path, properties, schema.anyOf);
  }

  readSection(
    schema: Type.TObject,
    node: Node | null,
    path: string,
    fields: Fields,
    variants: readonly Type.TObject[] = [],
  ): unknown {
    if (!isMap(node) && !isEmptyNode(node)) {
      const keys = Object.keys(fields).join(", ");
      this.report(path, `${nameOf(path)}: expected a section with ${keys}; found ${contentOf(node, schema)}`);
      return undefined;
    }
    const given = new Map<string, Node | null>();
    for (const pair of isMap(node) ? node.items : []) {
      const key = keyOf(pair);
      const keyPath = joined(path, key);
      this.remember(keyPath, pair);
      if (Object.hasOwn(fields, key)) given.set(key, pair.value as Node | null);
      else this.report(keyPath, this.unknownKey(key, path, Object.keys(fields), variants));
    }
    const entries = Object.entries(fields).map(([key, field]) => {
      const keyPath = joined(path, key);
      if (given.has(key)) return [key, this.read(field, given.get(key) ?? null, keyPath)] as const;
      if (Type.IsObject(field) || isChoice(field)) return [key, this.read(field, null, keyPath)] as const;
      if (defaultOf(field) !== undefined) return [key, structuredClone(defaultOf(field))] as const;
      this.report(keyPath, `${keyPath} is missing; expected ${expectationOf(field)}`);
      return [key, undefined] as const;
    });
    return Object.fromEntries(entries);
  }

  readList(schema: Type.TArray, node: Node | null, path: string): unknown {
    if (!isSeq(node)) return this.accept(schema, node, path, undefined, true);
    const before = this.problems.length;
    const items = node.items.map((item, index) => {
      const itemPath = `${path}[${index}]`;
      const line = this.source.lineOf(item as Node);
      if (line !== null) this.lines.set(itemPath, line);
      return this.read(schema.items, item as Node | null, itemPath);
    });
    return this.problems.length > before ? undefined : this.accept(schema, node, path, items, false);
  }

  accept(schema: Type.TSchema, node: Node | null, path: string, value: unknown, wrong: boolean): unknown {
    // A missing value and an explicit null look alike in YAML; both are null.
    const candidate = node === null ? null : value;
    if (!wrong && Check(schema, candidate)) return candidate;
    this.report(path, `${path}: expected ${expectationOf(schema)}; found ${contentOf(node, schema)}`);
    return undefined;
  }

  unknownKey(key: string, path: string, known: readonly string[], variants: readonly Type.TObject[]): string {
    const keyPath = joined(path, key.length > 64 ? `${key.slice(0, 64)}...` : key);
    const owners = variants.filter((variant) => Object.hasOwn(variant.properties, key)).map(kindOf);
    if (owners.length > 0) return `${keyPath} belongs to kind ${owners.join(" or ")} only`;
    const sibling = suggest(key, known);
    if (sibling !== null) return `${keyPath} is unknown${didYouMean(joined(path, sibling))}`;
    const elsewhere = this.allPaths.find((candidate) => candidate.endsWith(`.${key}`)) ?? null;
    return `${keyPath} is unknown${didYouMean(elsewhere)}`;
  }

  rememberKeys(pairs: readonly Pair[], path: string): void {
    for (const pair of pairs) this.remember(joined(path, keyOf(pair)), pair);
  }

  remember(path: string, pair: Pair): void {
    const line = this.source.lineOf(pair.key as Node);
    if (line !== null) this.lines.set(path, line);
  }

  report(path: string, text: string): void {
    this.problems.push({ line: lineOfPath(this.lines, path), text });
  }
}

/** The line of a path, or of the nearest section around it that the text holds. */
export function lineOfPath(lines: ReadonlyMap<string, number>, path: string): number | null {
  for (let at = path; at !== ""; at = at.replace(/(\.|\[|^)[^.[]*$/, "")) {
    const line = lines.get(at);
    if (line !== undefined) return line;
  }
  return null;
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

function joined(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

function nameOf(path: string): string {
  return path === "" ? "the configuration" : path;
}

function didYouMean(path: string | null): string {
  return path === null ? "" : `; did you mean ${path}?`;
}

function pathsOf(schema: Type.TSchema, path: string): string[] {
  if (isChoice(schema)) return [...new Set(schema.anyOf.flatMap((variant) => pathsOf(variant, path)))];
  if (!Type.IsObject(schema)) return [path];
  return Object.entries(schema.properties as Fields).flatMap(([key, field]) => pathsOf(field, joined(path, key)));
}
