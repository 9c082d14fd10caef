// The enrolment that is under way: its session, its time limit, and the door that opens for no face meanwhile.
import type { AdmissionRefusal } from "../bundle/admission.ts";
import { FacelatchError } from "../errors/errors.ts";
import type { NewEvent } from "../events/events.ts";
import type { People, Person, Role } from "../people/people.ts";
import {
  type Ending,
  type Enrolment,
  type EnrolmentLook,
  type EnrolmentReport,
  type EnrolmentState,
  endings,
  type StepAnswer,
  stepNames,
  steps,
} from "./enrolment.ts";
import {
  acceptedOf,
  beginSession,
  framesPerStep,
  isNeeded,
  markReady,
  mayFinish,
  type Session,
  skipStep,
  stepOf,
  takeLook,
  templatesOf,
  templatesPerSessionMax,
  waitsForWord,
} from "./session.ts";

/** What an enrolment needs to know of the bundle in use. */
export interface BundleInUse {
  readonly sha256: string;
  readonly embeddingSpace: string;
  readonly verifiedScoreMin: number;
}

export interface GuidedEnrolmentOptions {
  readonly people: Pick<People, "get" | "addTemplates" | "limits">;
  /** Null while there is none, or one for another owner. */
  readonly bundle: () => BundleInUse | null;
  /** Why an embedding may not become the owner's template; null where it may. */
  readonly admissionRefusal: (embedding: Float32Array) => AdmissionRefusal | null;
  readonly setEnrolling: (on: boolean) => void;
  readonly timeLimitMs: number;
  /** Monotonic, in ms. */
  readonly nowMs: () => number;
  /** Stores an event; must not throw. */
  readonly note: (event: NewEvent) => void;
}

interface Running {
  readonly person: Person;
  readonly bundle: BundleInUse;
  readonly endsAtMs: number;
  readonly timer: NodeJS.Timeout;
  session: Session;
}

export class GuidedEnrolment implements Enrolment {
  readonly #options: GuidedEnrolmentOptions;
  #running: Running | null = null;
  #ended: EnrolmentState["ended"] = null;

  constructor(options: GuidedEnrolmentOptions) {
    this.#options = options;
  }

  get role(): Role | null {
    return this.#running?.person.role ?? null;
  }

  state(): EnrolmentState {
    const running = this.#current();
    return { enrolment: running === null ? null : reportOf(running, this.#options.nowMs()), ended: this.#ended };
  }

  begin(personId: string, by: string): EnrolmentState {
    const { people, bundle: bundleInUse, setEnrolling, timeLimitMs, nowMs } = this.#options;
    if (this.#current() !== null) {
      throw new FacelatchError("ENROLMENT_BUSY", {
        expected: "one enrolment at a time",
        found: "one that is under way",
        next: "Finish or cancel that one, or wait until its time is over.",
      });
    }
    const person = people.get(personId);
    const { templatesPerPersonMax } = people.limits;
    if (person.templates + templatesPerSessionMax > templatesPerPersonMax) {
      throw new FacelatchError("PEOPLE_LIMIT", {
        expected: `at most ${templatesPerPersonMax} templates a person`,
        found: `${person.templates}, without room for those of another enrolment`,
        next: "Erase the person first, then enrol anew.",
      });
    }
    const bundle = bundleInUse();
    if (bundle === null) {
      throw new FacelatchError("NOT_READY", {
        expected: "a verified bundle of this door's owner, in whose space templates are made",
        found: "none",
        next: "See the causes in /v1/status.",
      });
    }
    const timer = setTimeout(() => this.#end("timed_out"), timeLimitMs).unref();
    const endsAtMs = nowMs() + timeLimitMs;
    this.#running = { person, bundle, endsAtMs, timer, session: beginSession(person.role) };
    setEnrolling(true);
    this.#note(
      "enrolment.started",
      person.role,
      `The enrolment of a person was begun by ${by}: the door opens for no face.`,
      {
        personId,
        by,
      },
    );
    return this.state();
  }

  note(look: EnrolmentLook): void {
    const running = this.#current();
    if (running !== null) running.session = takeLook(running.session, look, running.bundle.verifiedScoreMin);
  }

  answer({ step, answer }: StepAnswer): EnrolmentState {
    const running = this.#needed();
    const next = answer === "skip" ? skipStep(running.session, step) : markReady(running.session, step);
    if (next === null) {
      const asked = stepOf(running.session);
      throw new FacelatchError("ENROLMENT_STEP", {
        expected: asked === step ? "a step that can be left out" : `a word on ${asked ?? "nothing: all is covered"}`,
        found: `${answer} for ${step}`,
        next: "See /v1/people/enrolment for what is asked for.",
      });
    }
    running.session = next;
    return this.state();
  }

  finish(by: string): Person {
    const running = this.#needed();
    const { person, bundle, session } = running;
    if (!mayFinish(session)) {
      const lacking = stepNames.filter((step) => isNeeded(session, step) && acceptedOf(session, step) < framesPerStep);
      throw new FacelatchError("ENROLMENT_INCOMPLETE", {
        expected: "all steps that are needed",
        found: `none of ${lacking.join(", ")}`,
        next: "Go on with what is asked for, or cancel.",
      });
    }
    const templates = templatesOf(session);
    if (person.role === "owner") for (const { embedding } of templates) this.#requireAdmission(embedding);
    const enrolled = this.#options.people.addTemplates(person.id, bundle.embeddingSpace, templates, by);
    this.#end("finished");
    return enrolled;
  }

  cancel(): void {
    this.#end("cancelled");
  }

  forget(personId: string): void {
    if (this.#running?.person.id === personId) this.#end("person_erased");
  }

  #requireAdmission(embedding: Float32Array): void {
    const refusal = this.#options.admissionRefusal(embedding);
    if (refusal === null) return;
    throw new FacelatchError("ENROLMENT_REFUSED", {
      expected:
        refusal === "not_owner"
          ? "templates that the bundle's own of the owner recognise"
          : "templates that are told from every housemate by the bundle's margin",
      found: "one that is not",
      next: "Nothing was stored. Cancel, and train a new bundle if this is the owner.",
    });
  }

  /** The session, unless its time is over or its bundle is gone. */
  #current(): Running | null {
    if (this.#running === null) return null;
    // A timer may be late.
    if (!(this.#options.nowMs() < this.#running.endsAtMs)) this.#end("timed_out");
    else if (this.#options.bundle()?.sha256 !== this.#running.bundle.sha256) this.#end("bundle_changed");
    return this.#running;
  }

  #needed(): Running {
    const running = this.#current();
    if (running !== null) return running;
    throw new FacelatchError("ENROLMENT_MISSING", {
      expected: "an enrolment that is under way",
      found: "none",
      next: "Begin one with POST /v1/people/enrolment.",
    });
  }

  #end(ending: Ending): void {
    const running = this.#running;
    if (running === null) return;
    this.#running = null;
    clearTimeout(running.timer);
    const { person, session } = running;
    this.#ended = { personId: person.id, ending, message: endings[ending] };
    this.#options.setEnrolling(false);
    const frames = { framesSeen: session.framesSeen, framesTaken: framesTaken(session) };
    this.#note("enrolment.ended", ending, `The enrolment of a person ended. ${endings[ending]}`, {
      personId: person.id,
      ...frames,
    });
  }

  #note(type: NewEvent["type"], reason: string, message: string, data: NewEvent["data"]): void {
    const { note, nowMs } = this.#options;
    note({ type, monotonicMs: nowMs(), reason, message: message.slice(0, 500), data });
  }
}

function framesTaken(session: Session): number {
  return stepNames.reduce((sum, step) => sum + acceptedOf(session, step), 0);
}

function reportOf({ person, session, endsAtMs }: Running, nowMs: number): EnrolmentReport {
  const step = stepOf(session);
  return {
    personId: person.id,
    role: person.role,
    name: person.name,
    step,
    asks: step === null ? null : steps[step],
    waitsForWord: waitsForWord(session),
    coverage: stepNames.map((name) => ({
      step: name,
      accepted: acceptedOf(session, name),
      needed: framesPerStep,
      isNeeded: isNeeded(session, name),
      isSkipped: session.skipped.has(name),
    })),
    framesSeen: session.framesSeen,
    framesTaken: framesTaken(session),
    notTaken: session.notTaken,
    mayFinish: mayFinish(session),
    remainingMs: Math.max(0, endsAtMs - nowMs),
  };
}
