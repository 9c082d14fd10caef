// The port of people: the owner and the household, their consent, and the templates that were enrolled at the door.
import Type, { type Static } from "typebox";
import { nameSchema } from "../feedback/feedback.ts";

/** What somebody is to the lock. */
const roles = {
  owner: "The one for whom the door opens: the bundle's owner.",
  household: "A relative or housemate, whom the owner must be told from: such a face keeps the door locked.",
} as const;

export type Role = keyof typeof roles;

export const roleSchema = Type.Enum(Object.keys(roles) as Role[], {
  description: Object.entries(roles)
    .map(([role, meaning]) => `${role}: ${meaning}`)
    .join(" "),
});

export const personIdSchema = Type.String({ pattern: "^[0-9a-f]{12}$", description: "The person." });

/** What a template was made of: frames of one step of an enrolment, or of all of them. */
export const templateStepSchema = Type.String({ minLength: 1, maxLength: 20 });

export const consentSchema = Type.Object(
  {
    at: Type.String({ format: "date-time", description: "When it was recorded." }),
    by: Type.String({ maxLength: 200, description: "Who recorded it." }),
  },
  { additionalProperties: false, description: "That the person agreed to be enrolled." },
);

export const newPersonSchema = Type.Object(
  {
    role: roleSchema,
    name: Type.Optional(nameSchema),
    consent: Type.Literal(true, {
      description: "The person agrees to be enrolled; without that there is no template.",
    }),
  },
  {
    additionalProperties: false,
    description: "Somebody who may be enrolled. A household member has a name; the owner's is the bundle's label.",
  },
);

export type NewPerson = Static<typeof newPersonSchema>;

export const personSchema = Type.Object(
  {
    id: personIdSchema,
    role: roleSchema,
    name: Type.String({ minLength: 1, maxLength: 128 }),
    consent: consentSchema,
    templates: Type.Integer({ minimum: 0, description: "Templates that were enrolled at the door." }),
    inUse: Type.Integer({
      minimum: 0,
      description:
        "Those of them that count with the bundle in use; the others are of another space, or not like its owner.",
    }),
  },
  { additionalProperties: false, description: "Somebody whom the door knows by templates of its own." },
);

export type PersonReport = Static<typeof personSchema>;

export interface Template {
  /** Of length 1. */
  readonly embedding: Float32Array;
  readonly step: string;
}

export interface KnownPerson {
  readonly id: string;
  readonly role: Role;
  readonly name: string;
  /** Of the one space that was asked for. Never logged. */
  readonly templates: readonly Template[];
}

export interface Person {
  readonly id: string;
  readonly role: Role;
  readonly name: string;
  readonly consent: Static<typeof consentSchema>;
  /** In all spaces. */
  readonly templates: number;
}

const exportedTemplateSchema = Type.Object(
  {
    step: templateStepSchema,
    at: Type.String({ format: "date-time", description: "When it was enrolled." }),
    space: Type.String({ pattern: "^[0-9a-f]{64}$", description: "Embeddings of different spaces do not compare." }),
    values: Type.Array(Type.Number(), { description: "A vector of length 1.", secret: true }),
  },
  { additionalProperties: false },
);

export const exportedPersonSchema = Type.Object(
  {
    id: personIdSchema,
    role: roleSchema,
    name: Type.String({ minLength: 1, maxLength: 128 }),
    consent: consentSchema,
    templates: Type.Array(exportedTemplateSchema),
  },
  { additionalProperties: false, description: "All that the door keeps of a person." },
);

export type ExportedPerson = Static<typeof exportedPersonSchema>;

export interface PeopleLimits {
  /** Of the household; there is one owner beside them. */
  readonly householdMax: number;
  readonly templatesPerPersonMax: number;
}

export interface PeopleStatus {
  /** "failed": the household is not known, so nothing may open the door. */
  readonly state: "open" | "failed";
  readonly household: number;
  readonly templates: number;
  /** Templates that another embedder made: the bundle in use cannot compare with them. */
  readonly templatesOfOtherSpaces: number;
  readonly fault: { readonly code: "PEOPLE_UNAVAILABLE"; readonly message: string } | null;
}

/** Every method that returns people throws FacelatchError PEOPLE_UNAVAILABLE while they cannot be known. */
export interface People {
  readonly limits: PeopleLimits;
  /** In the order in which they were recorded. */
  list(): readonly Person[];
  /** Throws PERSON_UNKNOWN too. */
  get(id: string): Person;
  /**
   * Everybody with the templates of one embedding space, from memory: the same array until something changes.
   *
   * @throws FacelatchError PEOPLE_UNAVAILABLE: then nothing may open the door
   */
  known(embeddingSpace: string): readonly KnownPerson[];
  /**
   * Records a consent, as an event first, and with it the person, on disk before it returns.
   *
   * @param name the owner's is the bundle's label
   * @throws FacelatchError PERSON_EXISTS, PEOPLE_LIMIT, PEOPLE_FULL, STORE_UNAVAILABLE; then nothing was stored
   */
  add(person: { readonly role: Role; readonly name: string }, by: string): Person;
  /**
   * Adds templates, as an event first, on disk before it returns.
   *
   * @throws FacelatchError PERSON_UNKNOWN, PEOPLE_LIMIT, PEOPLE_FULL, STORE_UNAVAILABLE; then nothing was stored
   */
  addTemplates(id: string, embeddingSpace: string, templates: readonly Template[], by: string): Person;
  /** All that is kept of a person; an event tells of it first. Throws PERSON_UNKNOWN, STORE_UNAVAILABLE. */
  exported(id: string, by: string): ExportedPerson;
  /**
   * Erases a person with consent and templates, and looks again that nothing is left. An event tells of it first,
   * without the name.
   *
   * @throws FacelatchError PERSON_UNKNOWN, PEOPLE_FULL; STORE_UNAVAILABLE, and then nothing was erased
   */
  erase(id: string, by: string): void;
  /** Takes in what changed on the disk. */
  sweep(): number;
  status(): PeopleStatus;
}
