// The bundle in use and its updates: what is on trial, what was taken back and why, and the way back.
import type { DeliveryStatus } from "../../../delivery/delivery.ts";
import { fetchJson, send } from "../connection.ts";
import { dateText, durationText, failureText } from "../format.ts";
import { texts } from "../language.ts";
import { html, useCallback, useEffect, useRef, useState, type VNode } from "../vendor/standalone.module.js";
import { ReportCardView } from "./report-card.ts";

export interface UpdatesProps {
  /** Whether the page may go back to the bundle before. */
  readonly mayUpdate: boolean;
  /** How alike the last face at the door and the owner were; null before one was verified. */
  readonly lastScore: number | null;
}

const intervalMs = 10_000;

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

export function Updates({ mayUpdate, lastScore }: UpdatesProps): VNode | null {
  const { updates: words, app } = texts();
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
      setOutcome(posted.isDone ? words.outcome : failureText(posted.code, words.failures));
      refresh();
    });
  };
  const { current, previous } = updates;
  return html`
    <section class="panel area-updates" aria-labelledby="updates-title">
      <h2 id="updates-title">${words.title}</h2>
      <p><strong>${current === null ? words.noBundle : current.name}</strong></p>
      <p class="note">${current === null ? words.opensForNobody : bundleText(current)}</p>
      <p>${words.states[updates.state]}</p>
      ${progress(updates)} ${troubles(updates)}
      ${
        current === null
          ? null
          : html`<${ReportCardView} bundle=${`${current.sha256} ${updates.state}`} lastScore=${lastScore} />`
      }
      ${
        previous === null || !mayUpdate
          ? null
          : isAsking
            ? html`<div class="controls-question" role="group" aria-labelledby="updates-question">
              <p id="updates-question">${words.question(previous.name)}</p>
              <div class="controls-buttons">
                <button ref=${yes} type="button" class="filled" onClick=${goBack}>${words.yes}</button>
                <button type="button" onClick=${() => setAsking(false)}>${app.cancel}</button>
              </div>
            </div>`
            : html`<button type="button" class="wide" onClick=${() => setAsking(true)}>
              ${words.back}
            </button>`
      }
      <p class="note" role="status" tabindex="-1" ref=${answer}>${outcome}</p>
    </section>
  `;
}

function bundleText({ sha256, seq }: NonNullable<DeliveryStatus["current"]>): string {
  // By default a bundle's number is the second in which its training ended.
  const madeOn = seq > 1e9 && seq < 1e10 ? dateText(seq * 1_000) : null;
  return texts().updates.bundle(madeOn, seq, sha256.slice(0, 12));
}

function progress({ trial, upload }: DeliveryStatus): VNode | null {
  const words = texts().updates;
  if (trial !== null) {
    const { freshFrames, freshFramesNeeded: needed, remainingMs } = trial;
    return html`<p class="note">
      <progress aria-label=${words.trial} value=${Math.min(freshFrames, needed)} max=${needed}></progress>
      ${" "}${words.trialProgress(freshFrames, needed, durationText(remainingMs))}
    </p>`;
  }
  if (upload === null) return null;
  return html`<p class="note">
    <progress aria-label=${words.upload} value=${upload.offsetBytes} max=${upload.lengthBytes}></progress>
    ${" "}${words.arrived(Math.floor((upload.offsetBytes / upload.lengthBytes) * 100))}
  </p>`;
}

function troubles({ reverted, refused }: DeliveryStatus): VNode | null {
  if (reverted === null && refused === null) return null;
  const { updates: words, said } = texts();
  return html`<ul class="troubles">
    ${
      reverted === null
        ? null
        : html`<li>
          ${words.takenBack(reverted.bundle.name, said.fault(reverted.reasonCode, reverted.reason))}
          ${code(reverted.reasonCode)}
        </li>`
    }
    ${refused === null ? null : html`<li>${words.refused(said.fault(refused.code, refused.message))}${code(refused.code)}</li>`}
  </ul>`;
}

function code(text: string): VNode {
  return html`<span class="cause-code">${text}</span>`;
}
