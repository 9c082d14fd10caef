// What a person does with the door: opens it, locks it down and switches faces off, each after being asked again.
import type { SessionReport } from "../../routes/session.ts";
import type { StatusReport } from "../../status-report.ts";
import { type Posted, send } from "../connection.ts";
import { failureText } from "../format.ts";
import { texts } from "../language.ts";
import { type RequestJson, showPasskey } from "../passkey.ts";
import { html, useEffect, useRef, useState, type VNode } from "../vendor/standalone.module.js";
import { mayDo } from "../wording.ts";
import { notShown } from "./passkeys.ts";

export interface DoorControlsProps {
  readonly session: SessionReport | null;
  /** Null while nothing is known of the door. */
  readonly status: StatusReport | null;
  readonly onDone: () => void;
}

type Action = "open" | "lockDown" | "lift" | "facesOff" | "facesOn";

interface Asking {
  readonly action: Action;
  /** One for each time that somebody decides: sent again after no answer, it opens no second time. */
  readonly key: string;
  readonly isSending: boolean;
}

export function DoorControls({ session, status, onDone }: DoorControlsProps): VNode | null {
  const words = texts().controls;
  const [asking, setAsking] = useState<Asking | null>(null);
  const [outcome, setOutcome] = useState<{ readonly text: string; readonly isFailure: boolean } | null>(null);
  const answer = useRef<HTMLElement | null>(null);
  const yes = useRef<HTMLButtonElement | null>(null);
  const isAsking = asking !== null;
  useEffect(() => {
    if (isAsking) yes.current?.focus();
    // The button that was pressed is gone: the focus goes to what came of it.
    else if (outcome !== null) answer.current?.focus();
  }, [isAsking, outcome]);
  const ask = (action: Action): void => {
    setOutcome(null);
    setAsking({ action, key: newKey(), isSending: false });
  };
  const act = ({ action, key }: Asking): void => {
    setAsking({ action, key, isSending: true });
    void request(action, key, session).then((posted) => {
      if (posted.isDone) {
        setAsking(null);
        setOutcome({ text: words[action].outcome, isFailure: false });
      } else {
        // Without an answer nobody knows what was done: the same key can be sent again.
        setAsking(posted.code === null ? { action, key, isSending: false } : null);
        setOutcome({ text: failureText(posted.code, words.failures, words.noAnswer), isFailure: true });
      }
      onDone();
    });
  };
  const actions = actionsOf(session, status);
  const turning = faceSwitchOf(session, status);
  if (actions.length === 0 && turning === null && asking === null && outcome === null) return null;
  return html`
    <section class="controls" aria-label=${words.label}>
      ${
        asking === null
          ? html`<div class="controls-buttons">
            ${actions.map(
              (action) => html`
                <button key=${action} type="button" class=${action === "open" ? "filled" : ""} onClick=${() => ask(action)}>
                  ${words[action].button}
                </button>
              `,
            )}
            ${
              turning === null
                ? null
                : html`<button type="button" role="switch" aria-checked=${turning === "facesOff"} onClick=${() => ask(turning)}>
                  ${words[turning].button}
                </button>`
            }
          </div>`
          : html`<div class="controls-question" role="group" aria-labelledby="controls-question">
            <p id="controls-question">${words[asking.action].question}</p>
            <div class="controls-buttons">
              <button
                ref=${yes}
                type="button"
                class="filled"
                aria-disabled=${asking.isSending}
                onClick=${() => (asking.isSending ? undefined : act(asking))}
              >
                ${words[asking.action].yes}
              </button>
              <button type="button" onClick=${() => setAsking(null)}>${texts().app.cancel}</button>
            </div>
          </div>`
      }
      <p class=${outcome?.isFailure === true ? "failed" : "note"} role="status" tabindex="-1" ref=${answer}>
        ${outcome?.text}
      </p>
    </section>
  `;
}

function actionsOf(session: SessionReport | null, status: StatusReport | null): readonly Action[] {
  if (status === null) return [];
  if (status.lockdown !== null) return mayDo(session, "admin") ? ["lift"] : [];
  const mayLockDown = mayDo(session, "unlock") || mayDo(session, "admin");
  return [...(mayDo(session, "unlock") ? ["open" as const] : []), ...(mayLockDown ? ["lockDown" as const] : [])];
}

/** What the switch of faces would do; null where the session may not. */
function faceSwitchOf(session: SessionReport | null, status: StatusReport | null): "facesOff" | "facesOn" | null {
  if (status === null) return null;
  if (!status.faceUnlock.on) return mayDo(session, "admin") ? "facesOn" : null;
  return mayDo(session, "unlock") || mayDo(session, "admin") ? "facesOff" : null;
}

/** The answer to the device's challenge, which a person gives at the phone or the key; and then the opening. */
async function openWithPasskey(headers: Readonly<Record<string, string>>): Promise<Posted<unknown>> {
  const asked = await send<RequestJson>("POST", "/v1/unlock/challenge", null, headers);
  if (!asked.isDone) return asked;
  const assertion = await showPasskey(asked.value);
  if (assertion === null) return { isDone: false, code: notShown };
  return send("POST", "/v1/unlock", { assertion }, headers);
}

function request(action: Action, key: string, session: SessionReport | null): Promise<Posted<unknown>> {
  const headers = { "idempotency-key": key };
  if (action === "open" && session?.unlockNeedsPasskey === true) return openWithPasskey(headers);
  if (action === "open") return send("POST", "/v1/unlock", null, headers);
  if (action === "facesOff" || action === "facesOn")
    return send("PUT", "/v1/face-unlock", { on: action === "facesOn" });
  return send(action === "lift" ? "DELETE" : "POST", "/v1/lockdown");
}

function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
