// The register of people: what is stored of each, sealed as a whole.
import assert from "node:assert/strict";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { FacelatchError } from "../errors/errors.ts";
import type { FileFaults } from "../sealed/durable-files.ts";
import { hasWholeNumbers, storedEmbeddingSchema } from "../sealed/embeddings.ts";
import { jsonOf } from "../sealed/json.ts";
import type { RegisterKind } from "../sealed/register-files.ts";
import { consentSchema, personIdSchema, roleSchema, templateStepSchema } from "./people.ts";

/** More than any limit in the configuration. */
const [peopleMax, templatesMax] = [65, 64];

const entrySchema = Type.Object(
  {
    id: personIdSchema,
    role: roleSchema,
    name: Type.String({ minLength: 1, maxLength: 128 }),
    consent: consentSchema,
    templates: Type.Array(
      Type.Object(
        {
          ...storedEmbeddingSchema.properties,
          step: templateStepSchema,
          at: Type.String({ format: "date-time" }),
        },
        { additionalProperties: false },
      ),
      { maxItems: templatesMax },
    ),
  },
  { additionalProperties: false },
);

export type PersonEntry = Static<typeof entrySchema>;

const contentSchema = Type.Object(
  { people: Type.Array(entrySchema, { maxItems: peopleMax }) },
  { additionalProperties: false },
);

export type PeopleContent = Static<typeof contentSchema>;

const validator = Compile(contentSchema);

/** The error after which nobody of the household is known. */
export function unavailable(expected: string, found: string, next: string, cause?: unknown): FacelatchError {
  return new FacelatchError("PEOPLE_UNAVAILABLE", { expected, found, next, cause });
}

export const peopleFaults: FileFaults = {
  unavailable,
  full: (found, cause) =>
    new FacelatchError("PEOPLE_FULL", {
      expected: "space for people and their templates on the disk",
      found,
      next: "Free space on the device's disk; nothing was stored.",
      cause,
    }),
};

export const peopleRegister: RegisterKind<PeopleContent> = {
  realm: "people",
  empty: { people: [] },
  encode: (content) => {
    assert.ok(validator.Check(content), "a register of people breaks its schema");
    return Buffer.from(JSON.stringify(content));
  },
  decode: decodePeople,
  faults: peopleFaults,
  holds: "the register of people",
  nextWithout: (folder) =>
    `The door stays locked, for it no longer knows whom to keep out. Put ${folder} and its key back from a backup, or ` +
    "move both away and enrol the household again.",
};

/** Null for bytes that are no register of this version. */
function decodePeople(bytes: Uint8Array): PeopleContent | null {
  const content = jsonOf(bytes);
  if (!validator.Check(content)) return null;
  return content.people.every(({ templates }) => templates.every(hasWholeNumbers)) ? content : null;
}
