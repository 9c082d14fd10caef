// Requests that are wrong by the API's own description, made from it: each is one operation of it with one thing spoilt.
import { Check } from "typebox/value";
import type { SeededRandom } from "../../training/seeded-random.ts";

interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

export interface Description {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly parameters?: readonly Parameter[];
            readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
          }
        >
      >
    >
  >;
}

export interface Operation {
  readonly method: string;
  /** With parameters in braces. */
  readonly path: string;
  /** Every method that the path has. */
  readonly methods: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly body: Schema | null;
}

export interface MalformedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string | Buffer | null;
  /** What is wrong with it. */
  readonly why: string;
}

export function operationsOf({ paths }: Description): Operation[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { parameters = [], requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      methods: Object.keys(operations).map((name) => name.toUpperCase()),
      parameters,
      body: requestBody?.content["application/json"]?.schema ?? null,
    })),
  );
}

interface Draft {
  method: string;
  path: string;
  readonly pathValues: Map<string, string>;
  readonly query: [string, string][];
  readonly headers: Record<string, string>;
  payload: string | Buffer | null;
}

/** Spoils a sound draft of an operation; returns what is wrong with it now, or null where that way of spoiling does not apply. */
type Spoil = (draft: Draft, operation: Operation, random: SeededRandom) => string | null;

const hostileTexts = [
  ...["", " ", "-1", "0", "1e309", "NaN", "Infinity", "0x10", "9007199254740993", "1.5", "null", "true", "[]", "{}"],
  ...["../../../../etc/passwd", "..\\..\\windows", "..%2f..%2fetc%2fpasswd", "/etc/passwd", "file:///etc/passwd", "."],
  ...["%00", "\u0000", "a\u0000b", "%", "%zz", "\ud800", "\u202e", "\u{1f600}", "\uff11\uff12\uff13\uff14", "\ufeff"],
  ...["'; DROP TABLE events;--", '" OR ""="', "{{7*7}}", "<script>alert(1)</script>", "$(reboot)", "`id`"],
  ...["__proto__", "constructor", "prototype", "hasOwnProperty", "toString", "x".repeat(300), "9".repeat(400)],
  ...["2026-13-45T99:99:99Z", "2026-11-23", "yesterday", "fl_000000000000_", "Bearer x", "utf-8''%e2%82%ac"],
];

const hostileValues: readonly unknown[] = [
  ...hostileTexts,
  ...[null, true, false, 0, -1, 1.5, 1e308, Number.MAX_SAFE_INTEGER, [], {}, [[]], [null], { a: { b: {} } }],
  { __proto__: null, constructor: { prototype: {} } },
  Array.from({ length: 50 }, (_, i) => i),
];

function oneOf<T>(random: SeededRandom, items: readonly T[]): T {
  return items[random.below(items.length)]!;
}

/** A text of hostile pieces, or of random characters. */
function hostileText(random: SeededRandom): string {
  if (random.below(3) > 0) return oneOf(random, hostileTexts);
  const length = random.below(80);
  const codes = Array.from({ length }, () =>
    random.below(4) === 0 ? random.below(0x2fff) : 0x20 + random.below(0x5f),
  );
  return String.fromCharCode(...codes) + (random.below(2) === 0 ? oneOf(random, hostileTexts) : "");
}

/** Something that the schema accepts. */
function sample(schema: Schema, random: SeededRandom): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return oneOf(random, schema.enum);
  if (schema.anyOf !== undefined) return sample(oneOf(random, schema.anyOf), random);
  switch (schema.type) {
    case "object": {
      const names = Object.keys(schema.properties ?? {});
      const kept = names.filter((name) => schema.required?.includes(name) === true || random.below(2) === 0);
      return Object.fromEntries(kept.map((name) => [name, sample(schema.properties![name]!, random)]));
    }
    case "array":
      return [sample(schema.items ?? {}, random)];
    case "integer":
    case "number":
      return Math.max(schema.minimum ?? 0, 1 + random.below(5));
    case "boolean":
      return true;
    default:
      return sampleText(schema, random);
  }
}

function sampleText({ pattern, format }: Schema, random: SeededRandom): string {
  if (format === "date-time") return "2026-11-23T10:00:00Z";
  const hex = /^\^\[0-9a-f\]\{(\d+)\}\$$/.exec(pattern ?? "");
  const digits = (length: number) => Array.from({ length }, () => random.below(10)).join("");
  return hex === null ? digits(pattern?.includes("16,64") === true ? 20 : 6) : digits(Number(hex[1]));
}

function draftOf({ method, path, parameters, body }: Operation, random: SeededRandom): Draft {
  const draft: Draft = { method, path, pathValues: new Map(), query: [], headers: {}, payload: null };
  for (const parameter of parameters) {
    const value = sample(parameter.schema, random);
    const text = String(Array.isArray(value) ? value[0] : value);
    if (parameter.in === "path") draft.pathValues.set(parameter.name, text);
    else if (parameter.in === "header") draft.headers[parameter.name] = text;
    else if (random.below(2) === 0) draft.query.push([parameter.name, text]);
  }
  if (body !== null) {
    draft.payload = JSON.stringify(sample(body, random));
    draft.headers["content-type"] = "application/json";
  }
  return draft;
}

/** Whether a text of a request can pass as a value of the schema, as text or as what it is converted to. */
function passes(schema: Schema, text: string): boolean {
  const converted = text !== "" && Number(text) === +text ? Number(text) : Number.NaN;
  const candidates: unknown[] = [text, converted, text === "true", text === "" ? null : text];
  return candidates.some((value) => Check(schema, value) || Check(schema, [value]));
}

const spoilParameter: Spoil = (draft, { parameters }, random) => {
  if (parameters.length === 0) return null;
  const parameter = oneOf(random, parameters);
  const text = hostileText(random);
  if (passes(parameter.schema, text)) return null;
  if (parameter.in === "path") {
    // An empty piece, or one with a slash, is another address.
    draft.pathValues.set(parameter.name, text);
  } else if (parameter.in === "header") {
    if (!/^[\x20-\x7e]*$/.test(text)) return null;
    draft.headers[parameter.name] = text;
  } else draft.query.push([parameter.name, text]);
  return `${parameter.in} ${parameter.name}`;
};

const omitParameter: Spoil = (draft, { parameters }, random) => {
  const required = parameters.filter((parameter) => parameter.required === true && parameter.in === "header");
  if (required.length === 0) return null;
  const { name } = oneOf(random, required);
  delete draft.headers[name];
  return `without ${name}`;
};

/** Unknown keys are errors where a query is described at all. */
const addQuery: Spoil = (draft, { parameters }, random) => {
  if (!parameters.some((parameter) => parameter.in === "query")) return null;
  const name = oneOf(random, ["limi", "__proto__", "constructor", "afterr", "0", "a[b]", "\u0000", "x".repeat(200)]);
  draft.query.push([name, hostileText(random)]);
  return `query ${name.slice(0, 20)}`;
};

const spoilBody: Spoil = (draft, { body }, random) => {
  if (body === null) return null;
  const value = JSON.parse(String(draft.payload)) as Record<string, unknown>;
  const names = Object.keys(value);
  switch (random.below(5)) {
    case 0:
      if (names.length > 0) value[oneOf(random, names)] = oneOf(random, hostileValues);
      break;
    case 1:
      delete value[oneOf(random, names) ?? ""];
      break;
    case 2:
      Object.defineProperty(value, oneOf(random, ["x", "__proto__", "constructor", "admin", ""]), {
        value: oneOf(random, hostileValues),
        enumerable: true,
        configurable: true,
      });
      break;
    case 3:
      if (names.length > 0) value[oneOf(random, names)] = hostileText(random);
      break;
    default:
      draft.payload = JSON.stringify(oneOf(random, hostileValues)) ?? "null";
      return Check(body, JSON.parse(draft.payload)) ? null : "another body";
  }
  draft.payload = JSON.stringify(value);
  return Check(body, JSON.parse(draft.payload)) ? null : "a spoilt body";
};

const spoilJson: Spoil = (draft, { body }, random) => {
  if (body === null) return null;
  const text = String(draft.payload);
  const spoilt: (string | Buffer)[] = [
    text.slice(0, random.below(text.length)),
    `${text}${oneOf(random, ["}", ",", "\u0000", "x", "//"])}`,
    text.replaceAll('"', "'"),
    Buffer.from([0xff, 0xfe, 0x00, ...Buffer.from(text)]),
    "[".repeat(500),
    '{"a":'.repeat(100),
    `${text.slice(0, -1)},"__proto__":{"polluted":true}}`,
    " ".repeat(2_000 + random.below(20_000)),
    JSON.stringify("x".repeat(1_100 + random.below(100_000))),
  ];
  draft.payload = oneOf(random, spoilt);
  try {
    if (Check(body, JSON.parse(String(draft.payload)))) return null;
  } catch {
    // No JSON at all: so it was meant.
  }
  return "no such JSON";
};

const spoilType: Spoil = (draft, { body }, random) => {
  if (body === null) return null;
  const types = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/xml",
    "*/*",
    ";",
  ];
  draft.headers["content-type"] = oneOf(random, types);
  return "another content type";
};

const otherMethod: Spoil = (draft, { methods }, random) => {
  const known = methods.includes("GET") ? [...methods, "HEAD"] : methods;
  draft.method = oneOf(random, ["PUT", "PATCH", "OPTIONS", "POST", "DELETE", "GET"]);
  return known.includes(draft.method) ? null : "another method";
};

const otherPath: Spoil = (draft, _operation, random) => {
  const ends = [
    "/..%2f..%2fetc%2fpasswd",
    "/%00",
    "%00",
    "/x/y",
    "%zz",
    "/%2e%2e%2f",
    "/__proto__",
    "/",
    ";x",
    "%c0%af",
  ];
  draft.path += oneOf(random, ends);
  return "another address";
};

const otherHost: Spoil = (draft, _operation, random) => {
  draft.headers["host"] = oneOf(random, [
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost@evil",
    ":80",
    "[::1",
    "a b",
  ]);
  return "another host";
};

const otherOrigin: Spoil = (draft, { method }, random) => {
  if (method === "GET" || method === "HEAD") return null;
  draft.headers["origin"] = oneOf(random, ["http://evil.example", "null", "", "https://localhost", "file://"]);
  return "another origin";
};

/** What speaks of the operation's own schema comes most often. */
const spoils: readonly Spoil[] = [
  ...[spoilParameter, spoilParameter, spoilParameter, spoilBody, spoilBody, spoilBody, spoilBody, spoilJson],
  ...[omitParameter, addQuery, spoilType, otherMethod, otherPath, otherHost, otherOrigin],
];

/** A request of the operation that is wrong, and so must be refused. */
export function malformedRequest(operation: Operation, random: SeededRandom): MalformedRequest {
  for (;;) {
    const draft = draftOf(operation, random);
    const why = oneOf(random, spoils)(draft, operation, random);
    if (why === null) continue;
    const { method, headers, payload } = draft;
    return { method, url: urlOf(draft), headers, payload, why: `${operation.method} ${operation.path}: ${why}` };
  }
}

function urlOf({ path, pathValues, query }: Draft): string {
  const place = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encoded(pathValues.get(name) ?? ""));
  if (query.length === 0) return place;
  return `${place}?${query.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join("&")}`;
}

/** Half of a character pair cannot be encoded; the replacement for it is as wrong. */
function encoded(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, "\ufffd"));
}
