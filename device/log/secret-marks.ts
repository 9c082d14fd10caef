// What a schema marks as secret by the keyword `secret: true`: where it stands, and what it holds in one value.
import Type from "typebox";

/** In a schema: what it describes is told to nobody but by the part whose it is. */
export interface SecretMark {
  readonly secret?: boolean;
}

/** So short a text would take away from every line what only looks the same; the more so the path of an address. */
const secretCharsMin = 4;
const pathCharsMin = 8;

/** The paths of all that a schema marks, as pino's `redact` takes them: `camera.url`, `webhooks[*].url`. */
export function secretPathsOf(schema: Type.TSchema, path = ""): string[] {
  if ((schema as SecretMark).secret === true) return path === "" ? [] : [path];
  return [...new Set(childrenOf(schema).flatMap(([name, child]) => secretPathsOf(child, joined(path, name))))];
}

/**
 * The texts in a value that a schema marks, longest first. Of an address it is the password, what follows its host, and
 * what stands behind its "?": its scheme and host are told where it fails.
 */
export function secretTextsOf(schema: Type.TSchema, value: unknown): string[] {
  const texts = markedIn(schema, value).flatMap(partsOf);
  return [...new Set(texts)].filter(({ length }) => length >= secretCharsMin).sort((a, b) => b.length - a.length);
}

type Child = readonly [name: string, schema: Type.TSchema];

/** What a schema is made of; the variants of a union stand at its own path. */
function childrenOf(schema: Type.TSchema): Child[] {
  if (Type.IsObject(schema)) return Object.entries(schema.properties);
  if (Type.IsArray(schema)) return [["[*]", schema.items]];
  if (Type.IsUnion(schema)) return schema.anyOf.map((variant) => ["", variant] as const);
  return [];
}

function joined(path: string, name: string): string {
  return path === "" || name === "" || name === "[*]" ? `${path}${name}` : `${path}.${name}`;
}

function markedIn(schema: Type.TSchema, value: unknown): string[] {
  if ((schema as SecretMark).secret === true) return typeof value === "string" ? [value] : [];
  if (Type.IsUnion(schema)) return schema.anyOf.flatMap((variant) => markedIn(variant, value));
  if (typeof value !== "object" || value === null) return [];
  return childrenOf(schema).flatMap(([name, child]) => {
    if (Array.isArray(value)) return value.flatMap((item) => markedIn(child, item));
    return markedIn(child, (value as Readonly<Record<string, unknown>>)[name]);
  });
}

function partsOf(secret: string): string[] {
  const [, userInfo, rest] = /^[a-z][a-z0-9+.-]*:\/\/(?:([^/?#]*)@)?[^/?#]*(.*)$/i.exec(secret) ?? [];
  if (rest === undefined) return [secret];
  const password = userInfo?.slice(userInfo.indexOf(":") + 1) ?? "";
  const query = rest.slice(rest.indexOf("?") + 1);
  const paths = [rest, query].filter(({ length }) => length >= pathCharsMin);
  return [password, ...paths].flatMap((part) => [part, decoded(part), asInJson(decoded(part))]);
}

function asInJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
