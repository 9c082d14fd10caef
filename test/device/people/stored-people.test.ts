// People on disk: consent first, templates for their own space alone, limits, and an erasure that leaves nothing.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { peopleFaults } from "../../../device/people/people-register.ts";
import { onFiles } from "../../../device/sealed/durable-files.ts";
import { embeddingOf, otherSpace, space } from "../feedback/open-feedback.ts";
import { openPeople } from "./open-people.ts";

const by = "the page (session 1)";
const owner = { role: "owner", name: "Markus" } as const;
const templates = [1, 2].map((seed) => ({ embedding: embeddingOf(seed), step: "straight" }));

/** All bytes below a folder. */
function bytesBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
    .join("");
}

describe("people", () => {
  it("are there with their consent and their templates, after a restart too", (t) => {
    const { people, stateDir } = openPeople(t);
    assert.deepEqual([people.list(), readdirSync(stateDir)], [[], []], "looking makes nothing");
    const { id, consent } = people.add(owner, by);
    assert.deepEqual(consent, { at: "2026-11-29T10:00:00.000Z", by });
    people.addTemplates(id, space, templates, by);
    const again = openPeople(t, { stateDir }).people;
    assert.deepEqual(again.list(), [{ id, ...owner, consent, templates: 2 }]);
    const [known] = again.known(space);
    assert.deepEqual(known, { id, ...owner, templates });
    assert.equal(again.known(space), again.known(space), "the same until something changes");
    assert.deepEqual(again.known(otherSpace)[0]?.templates, []);
    assert.equal(again.status().templatesOfOtherSpaces, 2);
  });

  it("lie on the disk in no readable form", (t) => {
    const { people, stateDir } = openPeople(t);
    const { id } = people.add({ role: "household", name: "Anneliese" }, by);
    people.addTemplates(id, space, templates, by);
    const bytes = bytesBelow(stateDir);
    for (const text of ["Anneliese", id, space, Buffer.from(templates[0]!.embedding.buffer).toString("latin1")]) {
      assert.ok(!bytes.includes(text));
    }
  });

  it("are told of by events that hold no name", (t) => {
    const { people, events } = openPeople(t);
    const { id } = people.add({ role: "household", name: "Anneliese" }, by);
    people.addTemplates(id, space, templates, by);
    people.exported(id, by);
    people.erase(id, by);
    assert.deepEqual(
      events.map(({ type, reason, data }) => [type, reason, data]),
      [
        ["people.consent", "household", { personId: id, by }],
        ["people.enrolled", "household", { personId: id, templates: 2, by }],
        ["people.exported", "household", { personId: id, templates: 2, by }],
        ["people.erased", "household", { personId: id, templates: 2, by }],
      ],
    );
    assert.ok(!JSON.stringify(events).includes("Anneliese"));
  });

  it("are not stored, enrolled or copied where that cannot be recorded first", (t) => {
    let isFull = false;
    const detail = { expected: "space", found: "none", next: "x" };
    const record = (): void => {
      if (isFull) throw new FacelatchError("STORE_FULL", detail);
    };
    const { people } = openPeople(t, { record });
    const { id } = people.add(owner, by);
    isFull = true;
    assert.throws(() => people.add({ role: "household", name: "Erik" }, by), { code: "STORE_FULL" });
    assert.throws(() => people.addTemplates(id, space, templates, by), { code: "STORE_FULL" });
    assert.throws(() => people.exported(id, by), { code: "STORE_FULL" });
    assert.deepEqual(
      people.list().map((person) => person.templates),
      [0],
    );
  });

  it("are one owner, and a limited household of different names, with limited templates", (t) => {
    const { people } = openPeople(t);
    const { id } = people.add(owner, by);
    assert.throws(() => people.add(owner, by), { code: "PERSON_EXISTS" });
    for (const name of ["Anna", "Ben", "Cem"]) people.add({ role: "household", name }, by);
    assert.throws(() => people.add({ role: "household", name: "Anna" }, by), { code: "PERSON_EXISTS" });
    assert.throws(() => people.add({ role: "household", name: "Dora" }, by), { code: "PEOPLE_LIMIT" });
    const many = Array.from({ length: 14 }, () => templates[0]!);
    people.addTemplates(id, space, many, by);
    assert.throws(() => people.addTemplates(id, space, [templates[0]!], by), { code: "PEOPLE_LIMIT" });
    assert.equal(people.get(id).templates, 14);
  });
});

describe("a copy", () => {
  it("holds all that is kept, with the numbers as they are", (t) => {
    const { people } = openPeople(t);
    const { id } = people.add(owner, by);
    people.addTemplates(id, space, templates, by);
    const copy = people.exported(id, by);
    assert.deepEqual([copy.id, copy.name, copy.consent.by], [id, "Markus", by]);
    assert.deepEqual(
      copy.templates.map(({ values, ...rest }) => [rest, Float32Array.from(values)]),
      templates.map(({ embedding, step }) => [{ step, at: "2026-11-29T10:00:00.000Z", space }, embedding]),
    );
    assert.throws(() => people.exported("0".repeat(12), by), { code: "PERSON_UNKNOWN" });
  });
});

describe("an erasure", () => {
  it("leaves no file that held the person, and no other person less", (t) => {
    const { people, stateDir } = openPeople(t);
    const anna = people.add({ role: "household", name: "Anna" }, by);
    const ben = people.add({ role: "household", name: "Ben" }, by);
    people.addTemplates(anna.id, space, templates, by);
    people.addTemplates(ben.id, space, templates, by);
    const before = readdirSync(join(stateDir, "people"));
    const held = readFileSync(join(stateDir, "people", before[0]!)).length;
    // What a writer that was killed left behind could hold the person too.
    writeFileSync(join(stateDir, "people/.new-0011"), "half");
    people.erase(anna.id, by);
    const after = readdirSync(join(stateDir, "people"));
    assert.equal(after.length, 1);
    assert.notDeepEqual(after, before);
    assert.ok(readFileSync(join(stateDir, "people", after[0]!)).length < held);
    assert.deepEqual(
      people.known(space).map(({ name, templates: { length } }) => [name, length]),
      [["Ben", 2]],
    );
    assert.throws(() => people.erase(anna.id, by), { code: "PERSON_UNKNOWN" });
    assert.deepEqual(
      openPeople(t, { stateDir })
        .people.list()
        .map(({ name }) => name),
      ["Ben"],
    );
  });
});

describe("an erasure that leaves something", () => {
  it("is told of, with what it is", (t) => {
    const { people, stateDir, events } = openPeople(t);
    const { id } = people.add(owner, by);
    writeFileSync(join(stateDir, "people/register-1.bak"), "a copy that somebody made");
    assert.throws(() => people.erase(id, by), { code: "PEOPLE_UNAVAILABLE", message: /register-1\.bak/ });
    assert.deepEqual(
      events.map(({ type }) => type),
      ["people.consent", "people.fault"],
    );
  });
});

describe("a change that cannot be stored", () => {
  it("is told of, as the event before it would pass for done", (t) => {
    const { people, stateDir, events } = openPeople(t);
    const { id } = people.add(owner, by);
    // The next register's name is taken by a folder: a link cannot be made there.
    mkdirSync(join(stateDir, "people/register-3/in-the-way"), { recursive: true });
    assert.throws(() => people.addTemplates(id, space, templates, by), { code: "PEOPLE_UNAVAILABLE" });
    assert.deepEqual(
      events.map(({ type }) => type),
      ["people.consent", "people.fault"],
    );
  });

  it("for want of space is named", () => {
    const full = () => {
      throw Object.assign(new Error("no space left on device"), { code: "ENOSPC", syscall: "write" });
    };
    assert.throws(() => onFiles(peopleFaults, full), { code: "PEOPLE_FULL" });
  });
});

describe("people that cannot be known", () => {
  it("are a fault, never nobody, until the files are whole again", (t) => {
    const { people, stateDir } = openPeople(t);
    people.add(owner, by);
    const path = join(stateDir, "people", readdirSync(join(stateDir, "people"))[0]!);
    const bytes = readFileSync(path);
    for (const spoil of [() => writeFileSync(path, bytes.subarray(0, -1)), () => rmSync(path)]) {
      spoil();
      let nowMs = 0;
      const { people: again, events } = openPeople(t, { stateDir, nowMs: () => nowMs });
      const uses: (() => unknown)[] = [() => again.known(space), () => again.list(), () => again.add(owner, by)];
      for (const use of uses) assert.throws(use, { code: "PEOPLE_UNAVAILABLE" });
      assert.deepEqual([again.status().state, again.status().fault?.code], ["failed", "PEOPLE_UNAVAILABLE"]);
      writeFileSync(path, bytes);
      assert.throws(() => again.known(space), { code: "PEOPLE_UNAVAILABLE" }, "it is not tried at each frame");
      nowMs += 1_000;
      assert.equal(again.known(space).length, 1);
      assert.deepEqual(
        events.map(({ type }) => type),
        ["people.fault", "people.recovered"],
      );
    }
  });

  it("are a fault also where the register goes away while the daemon runs", (t) => {
    const { people, stateDir } = openPeople(t);
    people.add(owner, by);
    rmSync(join(stateDir, "people"), { recursive: true });
    assert.throws(() => people.sweep(), { code: "PEOPLE_UNAVAILABLE" });
    assert.throws(() => people.known(space), { code: "PEOPLE_UNAVAILABLE" });
  });
});
