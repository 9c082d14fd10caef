// Guided enrolment: what the person before the camera is asked for, how much of it was seen, and why the last frame was not taken.
import type { EnrolmentReport, EnrolmentState } from "../../../enrolment/enrolment.ts";
import type { PersonReport } from "../../../people/people.ts";
import { fetchJson, type Posted, postJson, send } from "../connection.ts";
import { durationText, failureText } from "../format.ts";
import { texts } from "../language.ts";
import { html, useCallback, useEffect, useRef, useState, type VNode } from "../vendor/standalone.module.js";
import { Picture, type PictureProps } from "./camera-view.ts";

export const enrolmentUrl = "/v1/people/enrolment";

const intervalMs = 500;

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
  const { enrol: words, said, app } = texts();
  const [failure, setFailure] = useState<string | null>(null);
  const title = useRef<HTMLElement | null>(null);
  const { name, step, asks, waitsForWord, coverage, notTaken, mayFinish, remainingMs } = enrolment;
  useEffect(() => title.current?.focus(), []);
  const settle = (posted: Posted<unknown>): void => {
    setFailure(posted.isDone ? null : failureText(posted.code, words.failures));
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
      <h2 id="enrol-title" tabindex="-1" ref=${title}>${words.title(name)}</h2>
      <div role="status" aria-live="polite">
        <p class="enrol-asks">${said.asks(step, asks) ?? words.covered}</p>
        <p class="note">${waitsForWord ? words.waits : notTaken === null ? "" : said.reason(notTaken.reason, notTaken.message)}</p>
      </div>
      <${Picture} ...${camera} />
      <div class="controls-buttons">
        ${waitsForWord ? html`<button type="button" class="filled" onClick=${() => answer("ready")}>${words.ready}</button>` : null}
        <button type="button" class=${mayFinish && !waitsForWord ? "filled" : ""} aria-disabled=${!mayFinish} onClick=${finish}>
          ${words.finish}
        </button>
        ${isOptional ? html`<button type="button" onClick=${() => answer("skip")}>${words.leaveOut}</button>` : null}
        <button type="button" onClick=${cancel}>${app.cancel}</button>
      </div>
      <p class="failed" role="alert">${failure}</p>
      <ul class="enrol-steps" aria-label=${words.coverage}>
        ${coverage.map(
          ({ step: each, accepted, needed, isSkipped, isNeeded }) => html`
            <li key=${each} class=${each === step ? "enrol-step enrol-asked" : "enrol-step"} aria-current=${each === step ? "step" : undefined}>
              <span>${words.steps[each]}${isNeeded ? "" : html`<span class="note">${words.optional}</span>`}</span>
              ${
                isSkipped
                  ? html`<span class="note">${words.leftOut}</span>`
                  : html`<progress aria-label=${words.steps[each]} value=${accepted} max=${needed}></progress>`
              }
            </li>
          `,
        )}
      </ul>
      <p class="note">${words.remaining(durationText(remainingMs))}</p>
    </section>
  `;
}
