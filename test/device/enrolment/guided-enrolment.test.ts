// An enrolment from beginning to end: what is asked for, what is taken, and every way in which it ends.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Step } from "../../../device/enrolment/enrolment.ts";
import type { Role } from "../../../device/people/people.ts";
import type { Ending } from "../feedback/open-feedback.ts";
import { faceAt, PlayedEnrolment, timeLimitMs } from "./played-enrolment.ts";

const by = "the page (session 1)";

function begun(t: Ending, role: Role = "owner") {
  const played = new PlayedEnrolment(t);
  const { id } = played.people.add({ role, name: role === "owner" ? "Markus" : "Erik" }, by);
  played.enrolment.begin(id, by);
  const report = () => played.enrolment.state().enrolment!;
  return { played, id, report, ending: () => played.enrolment.state().ended?.ending };
}

describe("an enrolment", () => {
  it("asks for one step after another, and stores a template for each that was covered", (t) => {
    const { played, id, report } = begun(t);
    const asked: (Step | null)[] = [];
    for (const pose of ["straight", "turn_left", "turn_right", "chin_up"] as const) {
      asked.push(report().step);
      played.show(pose);
    }
    assert.deepEqual(asked, ["straight", "turn_left", "turn_right", "chin_up"]);
    assert.deepEqual([report().step, report().waitsForWord, report().mayFinish], ["glasses", true, true]);
    played.show("glasses");
    assert.equal(report().framesTaken, 16, "nothing is taken before the person is ready");
    played.enrolment.answer({ step: "glasses", answer: "ready" });
    played.show("glasses");
    assert.equal(report().step, "light");
    played.enrolment.answer({ step: "light", answer: "skip" });
    assert.deepEqual([report().step, report().asks, report().framesTaken], [null, null, 20]);
    const person = played.enrolment.finish(by);
    assert.deepEqual([person.id, person.templates], [id, 5]);
    const [known] = played.people.known(played.bundle!.embeddingSpace);
    assert.deepEqual(
      known!.templates.map(({ step }) => step),
      ["straight", "turn_left", "turn_right", "chin_up", "glasses"],
    );
    assert.deepEqual(
      played.events.map(({ type, reason }) => [type, reason]),
      [
        ["people.consent", "owner"],
        ["enrolment.started", "owner"],
        ["people.enrolled", "owner"],
        ["enrolment.ended", "finished"],
      ],
    );
    assert.deepEqual(played.enrolling, [true, false]);
  });

  it("of a housemate needs no more than the straight look, and puts the mean of all before the steps", (t) => {
    const { played, report } = begun(t, "household");
    played.show("straight");
    assert.equal(report().mayFinish, true);
    played.show("turn_left");
    assert.equal(played.enrolment.finish(by).templates, 3);
    const [known] = played.people.known(played.bundle!.embeddingSpace);
    assert.deepEqual(
      known!.templates.map(({ step }) => step),
      ["all", "straight", "turn_left"],
    );
  });

  it("tells why the last frame was not taken, and takes none too soon after another", (t) => {
    const { played, report } = begun(t);
    const told = (): unknown => report().notTaken?.reason ?? null;
    played.enrolment.note({ lack: { reason: "too_dark", message: "The face is too dark." }, face: null });
    assert.deepEqual([told(), report().framesSeen, report().framesTaken], ["too_dark", 1, 0]);
    played.show("turn_left", 1);
    assert.equal(told(), "look_straight");
    played.show("straight");
    assert.equal(told(), null);
    played.show("straight", 1);
    assert.equal(told(), "turn_further");
    played.show("turn_right", 1);
    assert.equal(told(), "turn_other_way");
    played.show("turn_left", 1, 0.1);
    assert.equal(told(), "another_person");
    played.show("turn_left", 1);
    played.enrolment.note(faceAt(played.nowMs + 50, "turn_left"));
    assert.deepEqual([told(), report().framesTaken], [null, 5]);
    played.show("turn_left", 3);
    played.show("turn_right");
    played.show("straight", 1);
    assert.equal(told(), "chin_higher");
    played.enrolment.answer({ step: "chin_up", answer: "skip" });
    played.enrolment.answer({ step: "glasses", answer: "skip" });
    played.show("straight", 1);
    assert.equal(told(), "same_light");
    played.show("light");
    assert.equal(report().step, null);
  });

  it("never takes measures that are no numbers", (t) => {
    const { played, report } = begun(t);
    const spoilt = { yawRatio: Number.NaN, pitchRatio: Number.NaN, brightness: Number.NaN };
    const show = () => {
      played.nowMs += 300;
      const look = faceAt(played.nowMs, "straight");
      played.enrolment.note({ lack: null, face: { ...look.face!, ...spoilt } });
    };
    for (const pose of ["straight", "turn_left", "turn_right", "chin_up"] as const) {
      const before = report().framesTaken;
      show();
      assert.equal(report().framesTaken, before, pose);
      played.show(pose);
    }
    played.enrolment.answer({ step: "glasses", answer: "skip" });
    show();
    assert.equal(report().framesTaken, 16);
  });

  it("of the owner leaves out neither the straight look nor the turns, which a flat picture cannot make", (t) => {
    const { played, report } = begun(t);
    const skip = (step: Step) => played.enrolment.answer({ step, answer: "skip" });
    assert.throws(() => skip("straight"), { code: "ENROLMENT_STEP" });
    assert.throws(() => skip("light"), { code: "ENROLMENT_STEP" });
    assert.throws(() => played.enrolment.finish(by), { code: "ENROLMENT_INCOMPLETE", message: /straight, turn_left/ });
    played.show("straight");
    assert.throws(() => skip("turn_left"), { code: "ENROLMENT_STEP" });
    played.show("turn_left");
    assert.throws(() => played.enrolment.finish(by), { code: "ENROLMENT_INCOMPLETE" });
    played.show("turn_right");
    assert.equal(report().mayFinish, true);
  });
});

describe("the end of an enrolment", () => {
  it("comes by itself when its time is over, and nothing is kept", (t) => {
    const { played, id, ending } = begun(t);
    played.showAll();
    played.nowMs += timeLimitMs;
    assert.throws(() => played.enrolment.finish(by), { code: "ENROLMENT_MISSING" });
    assert.deepEqual([ending(), played.people.get(id).templates, played.enrolling], ["timed_out", 0, [true, false]]);
  });

  it("comes by its timer also where nobody asks", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { played } = begun(t);
    t.mock.timers.tick(timeLimitMs - 1);
    assert.deepEqual(played.enrolling, [true]);
    t.mock.timers.tick(1);
    assert.deepEqual(played.enrolling, [true, false]);
  });

  it("comes when somebody cancels, the person is erased, or another bundle comes into use", (t) => {
    const cancelled = begun(t);
    cancelled.played.enrolment.cancel();
    cancelled.played.enrolment.cancel();
    assert.equal(cancelled.ending(), "cancelled");
    const erased = begun(t);
    erased.played.enrolment.forget("0".repeat(12));
    assert.equal(erased.ending(), undefined);
    erased.played.enrolment.forget(erased.id);
    assert.equal(erased.ending(), "person_erased");
    for (const bundle of [null, { ...cancelled.played.bundle!, sha256: "9".repeat(64) }]) {
      const changed = begun(t);
      changed.played.bundle = bundle;
      changed.played.show("straight", 1);
      assert.equal(changed.ending(), "bundle_changed");
      assert.deepEqual(changed.played.enrolling, [true, false]);
    }
  });

  it("does not come where the templates are refused or cannot be stored, and nothing is kept", (t) => {
    const { played, id, report } = begun(t);
    played.showAll();
    for (const refusal of ["not_owner", "household_member"] as const) {
      played.refusal = refusal;
      assert.throws(() => played.enrolment.finish(by), { code: "ENROLMENT_REFUSED" });
    }
    assert.deepEqual([played.people.get(id).templates, report().mayFinish], [0, true]);
    played.refusal = null;
    assert.equal(played.enrolment.finish(by).templates, 4);
  });
});

describe("the beginning of an enrolment", () => {
  it("is refused while there is another, for nobody, without a bundle, and without room", (t) => {
    const { played, id } = begun(t);
    assert.throws(() => played.enrolment.begin(id, by), { code: "ENROLMENT_BUSY" });
    played.showAll();
    played.enrolment.finish(by);
    assert.throws(() => played.enrolment.begin("0".repeat(12), by), { code: "PERSON_UNKNOWN" });
    const { bundle } = played;
    played.bundle = null;
    assert.throws(() => played.enrolment.begin(id, by), { code: "NOT_READY" });
    played.bundle = bundle;
    played.enrolment.begin(id, by);
    played.showAll();
    played.enrolment.finish(by);
    assert.throws(() => played.enrolment.begin(id, by), { code: "PEOPLE_LIMIT" }, "8 of 14, and up to 7 more");
    assert.deepEqual(played.enrolling, [true, false, true, false]);
  });
});
