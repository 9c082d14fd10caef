// What the daemon and the relay guard say to one another: JSON over the process's channel, versioned, numbered and checked.
import Type, { type Static } from "typebox";
import { Check } from "typebox/value";

const version = Type.Literal(1);
const seq = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const text = Type.String({ maxLength: 2_000 });
const closed = { additionalProperties: false } as const;

/** Each request carries a `seq` that is one more than the last; the first is 1. */
export const guardRequestSchema = Type.Union([
  Type.Object({ version, type: Type.Literal("pulse"), seq, pulseMs: Type.Number({ minimum: 0 }) }, closed),
  Type.Object({ version, type: Type.Literal("heartbeat"), seq }, closed),
  /** Ends a pulse early; answered as a heartbeat is. */
  Type.Object({ version, type: Type.Literal("relock"), seq }, closed),
]);

const replySchema = Type.Union([
  /** The line is inactive and the guard's own. */
  Type.Object({ version, type: Type.Literal("ready") }, closed),
  Type.Object({ version, type: Type.Literal("alive"), seq }, closed),
  /** The pulse has begun. */
  Type.Object({ version, type: Type.Literal("active"), seq }, closed),
  /** The pulse had its length, and the line is inactive. */
  Type.Object({ version, type: Type.Literal("over"), seq }, closed),
  Type.Object(
    {
      version,
      type: Type.Literal("failed"),
      seq,
      code: Type.Enum(["RELAY_REFUSED", "RELAY_UNAVAILABLE"]),
      message: text,
    },
    closed,
  ),
  /** The guard's last words, said when it has driven the line. */
  Type.Object({ version, type: Type.Literal("ended"), message: text }, closed),
]);

export type GuardRequest = Static<typeof guardRequestSchema>;
export type GuardReply = Static<typeof replySchema>;

/** The message as a reply; null when it is none of this version. */
export function replyOf(message: unknown): GuardReply | null {
  return Check(replySchema, message) ? message : null;
}
