// What of a line's fields is written: bounded, without pictures or embeddings, and with every text masked.

/** Of a line's fields as a whole no more is written, names and punctuation apart; what comes last is left out. */
const fieldsCharsMax = 16_000;
/** With the message. */
const lineCharsMax = 32_000;
/** What a value counts for, however short it is. */
const valueChars = 16;
/** Texts beyond are cut, lists and objects beyond are only counted. */
const textCharsMax = 8_000;
const itemsMax = 16;
const keysMax = 32;
const depthMax = 6;
const stackCharsMax = 4_000;
const causesMax = 4;

export type Mask = (text: string) => string;

/** How much of a line is left. */
interface Room {
  chars: number;
}

/** The fields of a line, beside its message, as they are written. */
export function shownFields(fields: object, mask: Mask): Record<string, unknown> {
  return shown(fields, mask, 0, { chars: fieldsCharsMax }) as Record<string, unknown>;
}

/** A whole line as it is written. */
export function shownLine(line: object, mask: Mask): Record<string, unknown> {
  return shown(line, mask, 0, { chars: lineCharsMax }) as Record<string, unknown>;
}

function shown(value: unknown, mask: Mask, depth: number, room: Room): unknown {
  if (room.chars <= 0) return "[more]";
  room.chars -= typeof value === "string" ? valueChars + Math.min(value.length, textCharsMax) : valueChars;
  if (typeof value === "string") return mask(cut(value, textCharsMax));
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Error) return shown(errorFields(value), mask, depth, room);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return value;
  if (depth === depthMax) return "[deeper]";
  if (Array.isArray(value)) {
    if (value.length > itemsMax) return `[${value.length} values]`;
    return value.map((item) => shown(item, mask, depth + 1, room));
  }
  const entries = Object.entries(value).slice(0, keysMax);
  return Object.fromEntries(entries.map(([name, item]) => [name, shown(item, mask, depth + 1, room)]));
}

/** At a space: the first half of a secret would not be known for one. */
function cut(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const end = Math.max(text.lastIndexOf(" ", charsMax), text.lastIndexOf("\n", charsMax), 0);
  return `${text.slice(0, end)} [of ${text.length} characters]`;
}

interface ErrorFields {
  readonly type: string;
  readonly code?: string;
  /** With the messages of its causes behind it. */
  readonly message: string;
  readonly stack?: string;
}

/** Of an error only this is written: what else it carries, such as a request or the bytes it failed at, is not. */
export function errorFields(error: Error): ErrorFields {
  const { code } = error as { readonly code?: unknown };
  return {
    type: error.name,
    ...(typeof code === "string" && { code }),
    message: causesOf(error)
      .map(({ message }) => message)
      .join(": "),
    ...(error.stack !== undefined && { stack: cut(error.stack, stackCharsMax) }),
  };
}

function causesOf(error: Error): Error[] {
  const causes: Error[] = [];
  for (let each: unknown = error; each instanceof Error && causes.length < causesMax; each = each.cause) {
    causes.push(each);
  }
  return causes;
}
