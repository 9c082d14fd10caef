// Bodies that must be JSON and mean what they say.
import type { FastifyRequest } from "fastify";
import type Type from "typebox";
import { Compile } from "typebox/compile";
import { FacelatchError } from "../errors/errors.ts";
import { faultWords } from "./schema-fault.ts";

/** Another site's form can send text, but no JSON. */
export async function requireJson({ headers }: FastifyRequest): Promise<void> {
  const type = headers["content-type"];
  if (/^application\/json\s*(;|$)/i.test(type ?? "")) return;
  throw new FacelatchError("REQUEST_INVALID", {
    expected: "a body with Content-Type: application/json",
    found: type === undefined ? "no Content-Type" : type.slice(0, 100),
    next: "Send JSON, and say so.",
  });
}

/** The same where there may be no body at all. */
export async function requireJsonIfAny(request: FastifyRequest): Promise<void> {
  const { "content-type": type, "content-length": length, "transfer-encoding": coding } = request.headers;
  const isEmpty = type === undefined && coding === undefined && (length === undefined || length === "0");
  if (!isEmpty) await requireJson(request);
}

/** The validator of a route that takes nothing but a body. Queries arrive as text and are converted; a body is not. */
export function exactBody(schema: Type.TSchema) {
  const check = exactly(schema, "body");
  return () => check;
}

/** A body that says null is one. */
export async function refuseNull({ body }: FastifyRequest): Promise<void> {
  if (body !== null) return;
  throw new FacelatchError("REQUEST_INVALID", {
    expected: "an object, or no body",
    found: "null",
    next: "Leave it away.",
  });
}

/** The same for a route that takes headers too, and whose body may be left away: goes with `refuseNull`. */
export function exactParts({ schema, httpPart = "body" }: { readonly schema: unknown; readonly httpPart?: string }) {
  const check = exactly(schema as Type.TSchema, httpPart);
  // Without a body the server asks about null.
  return (value: unknown) => (value === null ? { value } : check(value));
}

function exactly(schema: Type.TSchema, part: string) {
  const validator = Compile(schema);
  return (value: unknown) => {
    if (validator.Check(value)) return { value };
    const [first] = validator.Errors(value);
    const found = `${first?.instancePath || `the ${part}`} ${first === undefined ? "is not valid" : faultWords(first)}`;
    const expected = `a ${part} as in /openapi.json`;
    return { error: new FacelatchError("REQUEST_INVALID", { expected, found, next: "Correct the request." }) };
  };
}
