// Pictures of events over the API: shown and erased to whoever may, never logged, and gone with a person.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { StoredEvent } from "../../../device/events/events.ts";
import { PlayedEnrolment } from "../enrolment/played-enrolment.ts";
import { jpegOf } from "../feedback/open-feedback.ts";
import { openSnapshots, refuse } from "../snapshots/open-snapshots.ts";
import { type Ending, type FakeConditions, fakeDevice, newEvent, openStore } from "./fake-device.ts";
import { openStream } from "./stream-client.ts";

/** A door at which presence 1 was refused with a picture, and presence 2 without. */
async function openDoor(t: Ending, conditions: FakeConditions = {}) {
  const store = openStore(t);
  const opened = openSnapshots(t, { record: (event) => void store.append(event) });
  const [withPicture, without] = [1, 2].map((presenceId) => store.append(newEvent({ data: { presenceId } })));
  await refuse(opened, 1);
  const device = fakeDevice(t, { store, snapshots: opened.snapshots, ...conditions });
  const ask = (method: "GET" | "HEAD" | "DELETE", url: string) => device.api.inject({ method, url });
  const pathOf = ({ seq }: StoredEvent) => `/v1/events/${seq}/snapshot`;
  return { device, opened, ask, pathOf, withPicture: withPicture!, without: without! };
}

describe("the picture of an event", () => {
  it("is told of by the list and the stream, and shown uncached", async (t) => {
    const { device, ask, pathOf, withPicture, without } = await openDoor(t);
    const { events } = (await ask("GET", "/v1/events")).json<{ events: { seq: number; hasSnapshot: boolean }[] }>();
    const told = new Map(events.map(({ seq, hasSnapshot }) => [seq, hasSnapshot]));
    assert.deepEqual([told.get(withPicture.seq), told.get(without.seq)], [true, false]);
    const origin = await device.api.listen({ host: "127.0.0.1", port: 0 });
    const stream = await openStream(t, `${origin}/v1/events/stream?after=${withPicture.seq - 1}`);
    assert.equal(JSON.parse((await stream.next())!.data!).hasSnapshot, true);
    const answer = await ask("GET", pathOf(withPicture));
    assert.deepEqual(
      [answer.statusCode, answer.headers["content-type"], answer.headers["cache-control"]],
      [200, "image/jpeg", "no-store"],
    );
    assert.deepEqual(answer.rawPayload, Buffer.from(jpegOf(1)));
    assert.ok(!JSON.stringify(device.logged).includes(answer.rawPayload.toString("base64").slice(0, 40)));
  });

  it("is missing by its own code where there is none", async (t) => {
    const { ask, pathOf, without } = await openDoor(t);
    for (const url of [pathOf(without), "/v1/events/4711/snapshot"]) {
      for (const method of ["GET", "DELETE"] as const) {
        const answer = await ask(method, url);
        assert.deepEqual([answer.statusCode, answer.json().code], [404, "SNAPSHOT_MISSING"], `${method} ${url}`);
      }
    }
    for (const id of ["0", "-1", "x", "1.5", "9007199254740993"]) {
      assert.equal((await ask("GET", `/v1/events/${id}/snapshot`)).json().code, "REQUEST_INVALID", id);
    }
  });

  it("is erased, alone or with all others, by whoever is on record then", async (t) => {
    const { device, opened, ask, pathOf, withPicture } = await openDoor(t);
    assert.equal((await ask("DELETE", pathOf(withPicture))).statusCode, 204);
    assert.equal((await ask("GET", pathOf(withPicture))).json().code, "SNAPSHOT_MISSING");
    await refuse(opened, 2);
    assert.equal((await ask("DELETE", "/v1/snapshots")).statusCode, 204);
    assert.equal(opened.snapshots.status().kept, 0);
    assert.equal((await ask("DELETE", "/v1/snapshots")).statusCode, 204, "of nothing, of which no event tells");
    const erasures = device.store.events({ types: ["snapshots.erased"], limit: 9 });
    assert.deepEqual(
      erasures.map(({ data }) => data),
      [
        { by: "this machine", pictures: 1 },
        { by: "this machine", eventSeq: withPicture.seq },
      ],
    );
  });

  it("is erased only so often", async (t) => {
    const { ask } = await openDoor(t, { limits: { erasuresPerMinuteMax: 2 } });
    const codes = [];
    for (let i = 0; i < 3; i++) codes.push((await ask("DELETE", "/v1/snapshots")).statusCode);
    assert.deepEqual(codes, [204, 204, 429]);
  });

  it("goes with any person who is erased, and not with one who is not there", async (t) => {
    const people = new PlayedEnrolment(t).deps;
    const { opened, ask } = await openDoor(t, { people });
    assert.equal((await ask("DELETE", `/v1/people/${"0".repeat(12)}`)).json().code, "PERSON_UNKNOWN");
    assert.equal(opened.snapshots.status().kept, 1);
    const { id } = people.people.add({ role: "owner", name: "Markus" }, "the test");
    assert.equal((await ask("DELETE", `/v1/people/${id}`)).statusCode, 204);
    assert.deepEqual([opened.snapshots.status().kept, people.people.list()], [0, []]);
  });
});
