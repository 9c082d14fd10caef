// Guided enrolment: what the person before the camera is asked for, how much of it was seen, and why the last frame was not taken.
import type { EnrolmentReport, EnrolmentState, Step } from "../../enrolment/enrolment.ts";
import type { PersonReport } from "../../people/people.ts";
import { Picture, type PictureProps } from "./camera-view.ts";
import { fetchJson, type Posted, postJson, send } from "./connection.ts";
import { html, useCallback, useEffect, useRef, useState, type VNode } from "./vendor/standalone.module.js";
import { durationText } from "./wording.ts";

export const enrolmentUrl = "/v1/people/enrolment";

const intervalMs = 500;

const stepWords: Record<Step, string> = {
  straight: "Straight",
  turn_left: "To the left",
  turn_right: "To the right",
  chin_up: "Chin up",
  glasses: "Glasses",
  light: "Other light",
};

const failures: Readonly<Record<string, string>> = {
  ENROLMENT_REFUSED:
    "Not stored: the bundle does not take these for its owner, or they are too like somebody of the household.",
  ENROLMENT_INCOMPLETE: "A step that is needed is still missing.",
  ENROLMENT_MISSING: "This enrolment is over.",
  PEOPLE_FULL: "The door's disk is full. Nothing was stored.",
  PEOPLE_UNAVAILABLE: "The door cannot read who is enrolled. Nothing was stored.",
  STORE_UNAVAILABLE: "This could not be recorded, so nothing was stored.",
};

export interface Enrolling {
  /** Null before the first answer. */
  readonly state: EnrolmentState | null;
  readonly take: (state: EnrolmentState) => void;
  readonly refresh: () => void;
}

/** The enrolment that is under way, asked for as long as there is one. */
export function useEnrolment(isWanted: boolean): Enrolling {
  const [state, setState] = useState<EnrolmentState | null>(null);
  const newest = useRef(0);
  // An answer to an older question must not undo it.
  const take = useCallback((taken: EnrolmentState) => {
    newest.current++;
    setState(taken);
  }, []);
  const refresh = useCallback(() => {
    const asked = ++newest.current;
    // Without an answer the page keeps what it knew; whether the door answers at all is shown above.
    fetchJson<EnrolmentState>(enrolmentUrl).then(
      (answer) => asked === newest.current && setState(answer),
      () => undefined,
    );
  }, []);
  useEffect(() => {
    if (!isWanted) return undefined;
    refresh();
    const timer = setInterval(() => document.hidden || refresh(), intervalMs);
    return () => clearInterval(timer);
  }, [isWanted]);
  return { state, take, refresh };
}

export interface EnrolProps {
  readonly enrolment: EnrolmentReport;
  readonly enrolling: Enrolling;
  readonly camera: PictureProps;
}

export function Enrol({ enrolment, enrolling, camera }: EnrolProps): VNode {
  const [failure, setFailure] = useState<string | null>(null);
  const title = useRef<HTMLElement | null>(null);
  const { name, step, asks, waitsForWord, coverage, notTaken, mayFinish, remainingMs } = enrolment;
  useEffect(() => title.current?.focus(), []);
  const settle = (posted: Posted<unknown>): void => {
    setFailure(posted.isDone ? null : failureText(posted.code));
    enrolling.refresh();
  };
  const answer = (word: "ready" | "skip"): void => {
    void postJson<EnrolmentState>(`${enrolmentUrl}/step`, { step, answer: word }).then(settle);
  };
  const finish = (): void => {
    if (mayFinish) void postJson<PersonReport>(`${enrolmentUrl}/finish`, {}).then(settle);
  };
  const cancel = (): void => {
    void send<null>("DELETE", enrolmentUrl).then(settle);
  };
  const isOptional = coverage.some((covered) => covered.step === step && !covered.isNeeded);
  return html`
    <section class="panel enrol" aria-labelledby="enrol-title">
      <h2 id="enrol-title" tabindex="-1" ref=${title}>Enrolling ${name}</h2>
      <div role="status" aria-live="polite">
        <p class="enrol-asks">${asks ?? "All is covered. Finish, and it is stored."}</p>
        <p class="note">${waitsForWord ? "Nothing is taken until you say so." : (notTaken?.message ?? "")}</p>
      </div>
      <${Picture} ...${camera} />
      <div class="controls-buttons">
        ${waitsForWord ? html`<button type="button" class="filled" onClick=${() => answer("ready")}>I am ready</button>` : null}
        <button type="button" class=${mayFinish && !waitsForWord ? "filled" : ""} aria-disabled=${!mayFinish} onClick=${finish}>
          Finish
        </button>
        ${isOptional ? html`<button type="button" onClick=${() => answer("skip")}>Leave this out</button>` : null}
        <button type="button" onClick=${cancel}>Cancel</button>
      </div>
      <p class="failed" role="alert">${failure}</p>
      <ul class="enrol-steps" aria-label="Coverage">
        ${coverage.map(
          ({ step: each, accepted, needed, isSkipped, isNeeded }) => html`
            <li key=${each} class=${each === step ? "enrol-step enrol-asked" : "enrol-step"} aria-current=${each === step ? "step" : undefined}>
              <span>${stepWords[each]}${isNeeded ? "" : html`<span class="note"> (optional)</span>`}</span>
              ${
                isSkipped
                  ? html`<span class="note">left out</span>`
                  : html`<progress aria-label=${stepWords[each]} value=${accepted} max=${needed}></progress>`
              }
            </li>
          `,
        )}
      </ul>
      <p class="note">The door opens for no face until this is over, in ${durationText(remainingMs)} at the latest.</p>
    </section>
  `;
}

function failureText(code: string | null): string {
  if (code === null) return "The door did not answer. Try again.";
  return failures[code] ?? `The door refused (${code}).`;
}
