// The people of the daemon: a sealed register on disk, what of it each frame is compared with in memory, and an event for all
// that is done with it.
import { randomBytes } from "node:crypto";
import { codeOf, FacelatchError, messageOf } from "../errors/errors.ts";
import type { EventType, NewEvent } from "../events/events.ts";
import { namesIn, onFiles } from "../sealed/durable-files.ts";
import { decodeEmbedding, encodeEmbedding } from "../sealed/embeddings.ts";
import { Reopening } from "../sealed/reopening.ts";
import { SealedRegister } from "../sealed/sealed-register.ts";
import type {
  ExportedPerson,
  KnownPerson,
  People,
  PeopleLimits,
  PeopleStatus,
  Person,
  Role,
  Template,
} from "./people.ts";
import { type PeopleContent, type PersonEntry, peopleFaults, peopleRegister, unavailable } from "./people-register.ts";

export interface StoredPeopleOptions {
  readonly stateDir: string;
  readonly limits: PeopleLimits;
  readonly wallClock: () => Date;
  /** Monotonic, in ms. */
  readonly nowMs: () => number;
  /** Stores an event, on disk before it returns. Throws STORE_UNAVAILABLE, STORE_FULL. */
  readonly record: (event: NewEvent) => void;
  /** Stores an event of what was already done or lost; must not throw. */
  readonly note: (event: NewEvent) => void;
}

interface KnownInSpace {
  readonly content: PeopleContent;
  readonly space: string;
  readonly people: readonly KnownPerson[];
}

export class StoredPeople implements People {
  readonly limits: PeopleLimits;
  readonly #options: StoredPeopleOptions;
  readonly #register: Reopening<SealedRegister<PeopleContent>>;
  #known: KnownInSpace | null = null;

  constructor(options: StoredPeopleOptions) {
    this.#options = options;
    this.limits = options.limits;
    this.#register = new Reopening({
      open: () =>
        onFiles(peopleFaults, () => {
          const register = new SealedRegister({ kind: peopleRegister, stateDir: options.stateDir });
          register.removeLeftovers();
          return register;
        }),
      nowMs: options.nowMs,
      faultOf: (error) =>
        error instanceof FacelatchError && error.code === "PEOPLE_UNAVAILABLE"
          ? error
          : unavailable("people that can be read", messageOf(error), "See the log.", error),
      onFault: (fault) => options.note(this.#event("people.fault", codeOf(fault), fault.message)),
      onRecovered: () => options.note(this.#event("people.recovered", null, "The household is known again.")),
    });
  }

  list(): readonly Person[] {
    return this.#refreshed().content.people.map(personOf);
  }

  get(id: string): Person {
    return personOf(entryOf(this.#refreshed().content, id));
  }

  known(embeddingSpace: string): readonly KnownPerson[] {
    const { content } = this.#register.get();
    if (this.#known?.content !== content || this.#known.space !== embeddingSpace) {
      const people = content.people.map((entry) => knownOf(entry, embeddingSpace));
      this.#known = { content, space: embeddingSpace, people };
    }
    return this.#known.people;
  }

  add({ role, name }: { readonly role: Role; readonly name: string }, by: string): Person {
    const register = this.#refreshed();
    this.#assertRoomFor(register.content, role, name);
    const entry: PersonEntry = {
      ...{ id: randomBytes(6).toString("hex"), role, name },
      ...{ consent: { at: this.#options.wallClock().toISOString(), by: by.slice(0, 200) }, templates: [] },
    };
    this.#options.record(
      this.#event("people.consent", role, `That a person agrees to be enrolled was recorded by ${by}.`, {
        personId: entry.id,
        by,
      }),
    );
    this.#change(register, ({ people }) => {
      if (people.some(({ id }) => id === entry.id)) return null;
      this.#assertRoomFor({ people }, role, name);
      return [...people, entry];
    });
    return personOf(entry);
  }

  addTemplates(id: string, embeddingSpace: string, templates: readonly Template[], by: string): Person {
    const register = this.#refreshed();
    const known = entryOf(register.content, id);
    const { role } = known;
    const at = this.#options.wallClock().toISOString();
    const added = templates.map(({ embedding, step }) => ({ ...encodeEmbedding(embeddingSpace, embedding), step, at }));
    const enlarged = (entry: PersonEntry): PersonEntry => ({ ...entry, templates: [...entry.templates, ...added] });
    this.#assertRoomOn(enlarged(known));
    const data = { personId: id, templates: added.length, by };
    this.#options.record(this.#event("people.enrolled", role, `A person was enrolled at the door by ${by}.`, data));
    this.#change(register, ({ people }) => {
      const before = entryOf({ people }, id);
      const isMade = before.templates.length === known.templates.length + added.length;
      if (isMade && before.templates.at(-1)?.values === added.at(-1)?.values) return null;
      const entry = enlarged(before);
      this.#assertRoomOn(entry);
      return people.map((person) => (person.id === id ? entry : person));
    });
    return this.get(id);
  }

  exported(id: string, by: string): ExportedPerson {
    const { templates, ...person } = entryOf(this.#refreshed().content, id);
    const data = { personId: id, templates: templates.length, by };
    this.#options.record(
      this.#event("people.exported", person.role, `A copy of a person's templates was taken by ${by}.`, data),
    );
    return {
      ...person,
      templates: templates.map(({ values, ...template }) => ({
        ...template,
        values: Array.from(decodeEmbedding({ values })),
      })),
    };
  }

  erase(id: string, by: string): void {
    const register = this.#refreshed();
    const { role, templates } = entryOf(register.content, id);
    const without = ({ people }: PeopleContent): PeopleContent["people"] | null => {
      const left = people.filter((person) => person.id !== id);
      return left.length === people.length ? null : left;
    };
    this.#change(register, without, () => {
      register.removeLeftovers();
      const names = namesIn(register.folder);
      // The one register that is left, and read again.
      if (names.length === 1 && without(register.onDisk()) === null) return;
      throw unavailable(
        `one register in ${register.folder}, without the person`,
        names.join(", "),
        "Remove what does not belong there: it may hold the person.",
      );
    });
    const data = { personId: id, templates: templates.length, by };
    this.#options.note(
      this.#event("people.erased", role, `A person was erased, templates and consent, by ${by}.`, data),
    );
  }

  sweep(): number {
    this.#refreshed();
    return 0;
  }

  status(): PeopleStatus {
    const { fault } = this.#register;
    const people = this.#register.current?.content.people ?? [];
    const templates = people.flatMap((person) => person.templates);
    const space = this.#known?.space;
    return {
      state: fault === null ? "open" : "failed",
      household: people.filter(({ role }) => role === "household").length,
      templates: templates.length,
      templatesOfOtherSpaces: space === undefined ? 0 : templates.filter((template) => template.space !== space).length,
      fault: fault === null ? null : { code: "PEOPLE_UNAVAILABLE", message: fault.message },
    };
  }

  /** The register with all that lies on the disk by now. */
  #refreshed(): SealedRegister<PeopleContent> {
    const register = this.#register.get();
    try {
      onFiles(peopleFaults, () => register.refresh());
    } catch (error) {
      throw this.#register.fail(error);
    }
    return register;
  }

  /**
   * @param change null where the change is made already
   * @param verify looks again at what was done
   */
  #change(
    register: SealedRegister<PeopleContent>,
    change: (content: PeopleContent) => PeopleContent["people"] | null,
    verify: () => void = () => undefined,
  ): void {
    try {
      onFiles(peopleFaults, () => {
        register.begin();
        register.update((content) => {
          const people = change(content);
          return people === null ? content : { people };
        });
        verify();
      });
    } catch (error) {
      // What was recorded before it would otherwise pass for done.
      const message = `What was to be changed of people is not as it should be: ${messageOf(error)}`;
      this.#options.note(this.#event("people.fault", codeOf(error), message));
      throw error;
    }
  }

  #assertRoomFor({ people }: PeopleContent, role: Role, name: string): void {
    const isKnown = people.some((person) => (role === "owner" ? person.role === role : person.name === name));
    if (isKnown) {
      throw new FacelatchError("PERSON_EXISTS", {
        expected: role === "owner" ? "one owner" : "a name of its own for each person",
        found: "a person who is there already",
        next: "Enrol that person again, or erase it first.",
      });
    }
    const { householdMax } = this.limits;
    if (role === "owner" || people.filter((person) => person.role === role).length < householdMax) return;
    throw limitReached(`at most ${householdMax} of the household`);
  }

  #assertRoomOn({ templates }: PersonEntry): void {
    const { templatesPerPersonMax } = this.limits;
    // Dropping an old one to make room could loosen the lock.
    if (templates.length > templatesPerPersonMax)
      throw limitReached(`at most ${templatesPerPersonMax} templates a person`);
  }

  #event(type: EventType, reason: string | null, message: string, data: NewEvent["data"] = {}): NewEvent {
    return { type, monotonicMs: this.#options.nowMs(), reason, message: message.slice(0, 500), data };
  }
}

function limitReached(expected: string): FacelatchError {
  return new FacelatchError("PEOPLE_LIMIT", {
    expected,
    found: "more",
    next: "Erase a person first, then enrol anew.",
  });
}

function entryOf({ people }: PeopleContent, id: string): PersonEntry {
  const entry = people.find((person) => person.id === id);
  if (entry !== undefined) return entry;
  throw new FacelatchError("PERSON_UNKNOWN", {
    expected: "a person as in /v1/people",
    found: id,
    next: "Record consent first; a person may have been erased.",
  });
}

function personOf({ templates, ...person }: PersonEntry): Person {
  return { ...person, templates: templates.length };
}

function knownOf({ id, role, name, templates }: PersonEntry, space: string): KnownPerson {
  const known = templates.filter((template) => template.space === space);
  return {
    id,
    role,
    name,
    templates: known.map((template) => ({ embedding: decodeEmbedding(template), step: template.step })),
  };
}
