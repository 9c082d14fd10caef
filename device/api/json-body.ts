// Bodies that must be JSON and mean what they say.
import type { FastifyRequest } from "fastify";
import type Type from "typebox";
import { Compile } from "typebox/compile";
import { FacelatchError } from "../errors/errors.ts";

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

/** The validator of a route that takes nothing but a body. Queries arrive as text and are converted; a body is not. */
export function exactBody(schema: Type.TSchema) {
  const validator = Compile(schema);
  return () => (body: unknown) => {
    if (validator.Check(body)) return { value: body };
    const [first] = validator.Errors(body);
    const found = `${first?.instancePath || "the body"} ${first?.message ?? "is not valid"}`;
    const expected = "a body as in /openapi.json";
    return { error: new FacelatchError("REQUEST_INVALID", { expected, found, next: "Correct the request." }) };
  };
}
