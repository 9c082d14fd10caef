// What the two ends of a session say to one another: a line of JSON each, and the archive's bytes after "send".
import Type, { type Static } from "typebox";
import { deliveryStatusSchema } from "../../device/delivery/delivery.ts";
import { errorCodes } from "../../device/errors/errors.ts";

export const sessionVersion = 1;

const closed = <const T extends Type.TProperties>(properties: T) =>
  Type.Object(properties, { additionalProperties: false });
const id = Type.String({ pattern: "^[0-9a-f]{32}$" });
const byteCount = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** What the workstation asks. */
export const requestSchema = Type.Union([
  closed({ ask: Type.Literal("status") }),
  closed({
    ask: Type.Literal("send"),
    lengthBytes: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  }),
  closed({ ask: Type.Literal("install"), upload: id }),
  closed({ ask: Type.Literal("rollback") }),
]);

/** What the board answers; to "send" twice: where to go on, then, after the rest of the bytes, what arrived. */
export const answerSchema = Type.Union([
  closed({ is: Type.Literal("ready"), version: Type.Literal(sessionVersion) }),
  closed({ is: Type.Literal("status"), status: deliveryStatusSchema }),
  closed({ is: Type.Literal("upload"), upload: id, offsetBytes: byteCount }),
  closed({ is: Type.Literal("installing") }),
  closed({
    is: Type.Literal("error"),
    code: Type.Enum(Object.keys(errorCodes) as (keyof typeof errorCodes)[]),
    ...{ expected: Type.String(), found: Type.String(), next: Type.String() },
  }),
]);

export type SessionRequest = Static<typeof requestSchema>;
export type SessionAnswer = Static<typeof answerSchema>;
