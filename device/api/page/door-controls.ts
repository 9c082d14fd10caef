// What a person does with the door: opens it and locks it down, each after being asked again.
import type { SessionReport } from "../routes-session.ts";
import type { StatusReport } from "../status-report.ts";
import { type Posted, send } from "./connection.ts";
import { html, useEffect, useRef, useState, type VNode } from "./vendor/standalone.module.js";
import { mayDo } from "./wording.ts";

export interface DoorControlsProps {
  readonly session: SessionReport | null;
  /** Null while nothing is known of the door. */
  readonly status: StatusReport | null;
  readonly onDone: () => void;
}

type Action = "open" | "lockDown" | "lift";

interface Asking {
  readonly action: Action;
  /** One for each time that somebody decides: sent again after no answer, it opens no second time. */
  readonly key: string;
  readonly isSending: boolean;
}

const wording: Record<Action, { readonly button: string; readonly question: string; readonly yes: string }> = {
  open: { button: "Open the door", question: "Open the door now?", yes: "Open it" },
  lockDown: {
    button: "Lock down",
    question: "Lock down? It then opens for nobody, you included, until that is lifted.",
    yes: "Lock it down",
  },
  lift: {
    button: "Lift the lockdown",
    question: "Lift the lockdown? The door opens for its owner again.",
    yes: "Lift it",
  },
};

const outcomes: Record<Action, string> = {
  open: "Opened.",
  lockDown: "Locked down.",
  lift: "The lockdown is lifted.",
};

const failures: Readonly<Record<string, string>> = {
  LOCKED_DOWN: "The door is locked down: it opens for nobody.",
  DOOR_BUSY: "The door is open already, or was a moment ago.",
  STORE_UNAVAILABLE: "This could not be recorded, so nothing was done.",
  RELAY_UNAVAILABLE: "The relay does not obey. The door stays locked.",
  LOCKDOWN_UNSAVED: "The door is locked down, but its disk did not take it: see what needs attention.",
  TOO_MANY_REQUESTS: "Too often. Wait a minute.",
};

export function DoorControls({ session, status, onDone }: DoorControlsProps): VNode | null {
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
    void request(action, key).then((posted) => {
      if (posted.isDone) {
        setAsking(null);
        setOutcome({ text: outcomes[action], isFailure: false });
      } else {
        // Without an answer nobody knows what was done: the same key can be sent again.
        setAsking(posted.code === null ? { action, key, isSending: false } : null);
        setOutcome({ text: failureText(posted.code), isFailure: true });
      }
      onDone();
    });
  };
  const actions = actionsOf(session, status);
  if (actions.length === 0 && asking === null && outcome === null) return null;
  return html`
    <section class="controls" aria-label="Door">
      ${
        asking === null
          ? html`<div class="controls-buttons">
            ${actions.map(
              (action) => html`
                <button key=${action} type="button" class=${action === "open" ? "filled" : ""} onClick=${() => ask(action)}>
                  ${wording[action].button}
                </button>
              `,
            )}
          </div>`
          : html`<div class="controls-question" role="group" aria-labelledby="controls-question">
            <p id="controls-question">${wording[asking.action].question}</p>
            <div class="controls-buttons">
              <button
                ref=${yes}
                type="button"
                class="filled"
                aria-disabled=${asking.isSending}
                onClick=${() => (asking.isSending ? undefined : act(asking))}
              >
                ${wording[asking.action].yes}
              </button>
              <button type="button" onClick=${() => setAsking(null)}>Cancel</button>
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

function request(action: Action, key: string): Promise<Posted<unknown>> {
  if (action === "open") return send("POST", "/v1/unlock", null, { "idempotency-key": key });
  return send(action === "lift" ? "DELETE" : "POST", "/v1/lockdown");
}

function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function failureText(code: string | null): string {
  if (code === null) return "The door did not answer. Try again: it opens once at most.";
  return failures[code] ?? `The door refused (${code}).`;
}
