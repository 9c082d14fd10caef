// The bundle in use and its updates: what is on trial, what was taken back and why, and the way back.
import type { DeliveryStatus } from "../../delivery/delivery.ts";
import { fetchJson, send } from "./connection.ts";
import { html, useCallback, useEffect, useRef, useState, type VNode } from "./vendor/standalone.module.js";
import { durationText } from "./wording.ts";

export interface UpdatesProps {
  /** Whether the page may go back to the bundle before. */
  readonly mayUpdate: boolean;
}

const intervalMs = 10_000;

const states: Record<DeliveryStatus["state"], string> = {
  idle: "Nothing is under way.",
  downloading: "A new bundle is on its way here.",
  verifying: "A new bundle is being verified.",
  trial: "A new bundle is on trial.",
  confirmed: "The bundle in use has proved itself.",
  reverted: "The last update was taken back.",
};

const failures: Readonly<Record<string, string>> = {
  NOTHING_TO_ROLL_BACK_TO: "There is no earlier bundle to go back to.",
  UPDATE_BUSY: "Another update is being put in place. Try again later.",
};

/** Null before the first answer, and where this door takes no updates over HTTP. */
function useUpdates(): { readonly updates: DeliveryStatus | null; readonly refresh: () => void } {
  const [updates, setUpdates] = useState<DeliveryStatus | null>(null);
  const refresh = useCallback(() => {
    // Without an answer the page keeps what it knew; whether the door answers at all is shown above.
    fetchJson<DeliveryStatus>("/v1/updates").then(setUpdates, () => undefined);
  }, []);
  useEffect(() => {
    refresh();
    const timer = setInterval(() => document.hidden || refresh(), intervalMs);
    return () => clearInterval(timer);
  }, []);
  return { updates, refresh };
}

export function Updates({ mayUpdate }: UpdatesProps): VNode | null {
  const { updates, refresh } = useUpdates();
  const [isAsking, setAsking] = useState(false);
  const [outcome, setOutcome] = useState<string | null>(null);
  const answer = useRef<HTMLElement | null>(null);
  const yes = useRef<HTMLButtonElement | null>(null);
  useEffect(() => {
    if (isAsking) yes.current?.focus();
    else if (outcome !== null) answer.current?.focus();
  }, [isAsking, outcome]);
  if (updates === null) return null;
  const goBack = (): void => {
    setAsking(false);
    void send<DeliveryStatus>("POST", "/v1/updates/rollback").then((posted) => {
      setOutcome(posted.isDone ? "The door went back to the bundle before." : failureText(posted.code));
      refresh();
    });
  };
  const { current, previous } = updates;
  return html`
    <section class="panel area-updates" aria-labelledby="updates-title">
      <h2 id="updates-title">Bundle and updates</h2>
      <p><strong>${current === null ? "No bundle is installed" : current.name}</strong></p>
      <p class="note">${current === null ? "The door opens for nobody." : bundleText(current)}</p>
      <p>${states[updates.state]}</p>
      ${progress(updates)} ${troubles(updates)}
      ${
        previous === null || !mayUpdate
          ? null
          : isAsking
            ? html`<div class="controls-question" role="group" aria-labelledby="updates-question">
              <p id="updates-question">Go back to "${previous.name}"? Faces are then judged by it at once.</p>
              <div class="controls-buttons">
                <button ref=${yes} type="button" class="filled" onClick=${goBack}>Go back</button>
                <button type="button" onClick=${() => setAsking(false)}>Cancel</button>
              </div>
            </div>`
            : html`<button type="button" class="wide" onClick=${() => setAsking(true)}>
              Back to the bundle before
            </button>`
      }
      <p class="note" role="status" tabindex="-1" ref=${answer}>${outcome}</p>
    </section>
  `;
}

function bundleText({ sha256, seq }: NonNullable<DeliveryStatus["current"]>): string {
  // By default a bundle's number is the second in which its training ended.
  const madeAt = seq > 1e9 && seq < 1e10 ? `made ${new Date(seq * 1_000).toLocaleDateString()}, ` : "";
  return `${madeAt}number ${seq}, ${sha256.slice(0, 12)}`;
}

function progress({ trial, upload }: DeliveryStatus): VNode | null {
  if (trial !== null) {
    const { freshFrames, freshFramesNeeded, remainingMs } = trial;
    return html`<p class="note">
      <progress aria-label="Trial" value=${Math.min(freshFrames, freshFramesNeeded)} max=${freshFramesNeeded}></progress>
      ${" "}${freshFrames} of ${freshFramesNeeded} frames, ${durationText(remainingMs)} to go
    </p>`;
  }
  if (upload === null) return null;
  return html`<p class="note">
    <progress aria-label="Upload" value=${upload.offsetBytes} max=${upload.lengthBytes}></progress>
    ${" "}${Math.floor((upload.offsetBytes / upload.lengthBytes) * 100)} % has arrived
  </p>`;
}

function troubles({ reverted, refused }: DeliveryStatus): VNode | null {
  if (reverted === null && refused === null) return null;
  return html`<ul class="troubles">
    ${reverted === null ? null : html`<li>"${reverted.bundle.name}" was taken back: ${reverted.reason}${code(reverted.reasonCode)}</li>`}
    ${refused === null ? null : html`<li>A bundle was refused: ${refused.message}${code(refused.code)}</li>`}
  </ul>`;
}

function code(text: string): VNode {
  return html`<span class="cause-code">${text}</span>`;
}

function failureText(problem: string | null): string {
  if (problem === null) return "The door did not answer. Try again.";
  return failures[problem] ?? `The door refused (${problem}).`;
}
