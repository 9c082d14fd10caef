// "Not me" and "That was me": one tap on an event says who was there, and the answer is told in words.
import type { StoredEvent } from "../../../events/events.ts";
import type { Candidate, FeedbackItem, Verdict } from "../../../feedback/feedback.ts";
import { fetchJson, postJson } from "../connection.ts";
import { failureText, timeText } from "../format.ts";
import { texts } from "../language.ts";
import { html, useCallback, useEffect, useRef, useState, type VNode } from "../vendor/standalone.module.js";

interface Remembered {
  readonly bootId: string;
  readonly candidates: readonly Candidate[];
}

const askAgainMs = 5_000;

/** Who can still be spoken of, once that is wanted; asked for again with `refresh`. */
export function useRemembered(isWanted: boolean): {
  readonly remembered: Remembered | null;
  readonly refresh: () => void;
} {
  const [remembered, setRemembered] = useState<Remembered | null>(null);
  const newest = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const refresh = useCallback(() => {
    const asked = ++newest.current;
    clearTimeout(timer.current);
    // Without an answer the page keeps what it knew: whether a tap still counts, the device says then.
    fetchJson<Remembered>("/v1/feedback/candidates").then(
      (answer) => asked === newest.current && setRemembered(answer),
      () => {
        if (asked === newest.current) timer.current = setTimeout(refresh, askAgainMs);
      },
    );
  }, []);
  useEffect(() => {
    if (isWanted) refresh();
    return () => {
      newest.current++;
      clearTimeout(timer.current);
    };
  }, [isWanted]);
  return { remembered, refresh };
}

/** The events that the question stands at: the newest of each presence that ended with an opening or a refusal. */
export function askedAt(events: readonly StoredEvent[], remembered: Remembered | null): ReadonlyMap<number, Candidate> {
  const asked = new Map<number, Candidate>();
  const waiting = new Map((remembered?.candidates ?? []).map((candidate) => [candidate.presenceId, candidate]));
  for (const { seq, type, bootId, data } of events) {
    if (bootId !== remembered?.bootId || (type !== "unlock.granted" && type !== "unlock.refused")) continue;
    const presenceId = Number(data["presenceId"]);
    const candidate = waiting.get(presenceId);
    if (candidate === undefined) continue;
    asked.set(seq, candidate);
    waiting.delete(presenceId);
  }
  return asked;
}

export interface WhoWasItProps {
  readonly event: StoredEvent;
  readonly candidate: Candidate;
}

type Saying =
  | { readonly kind: "asking" }
  | { readonly kind: "sending" }
  | { readonly kind: "said"; readonly item: FeedbackItem }
  | { readonly kind: "failed"; readonly text: string };

export function WhoWasIt({ event, candidate }: WhoWasItProps): VNode {
  const [saying, setSaying] = useState<Saying>({ kind: "asking" });
  const answer = useRef<HTMLElement | null>(null);
  const item = saying.kind === "said" ? saying.item : candidate.item;
  const say = (verdict: Verdict): void => {
    if (saying.kind === "sending") return;
    setSaying({ kind: "sending" });
    const body = { bootId: event.bootId, presenceId: candidate.presenceId, verdict };
    void postJson<FeedbackItem>("/v1/feedback", body).then((posted) =>
      setSaying(
        posted.isDone
          ? { kind: "said", item: posted.value }
          : { kind: "failed", text: failureText(posted.code, texts().whoWasIt.failures) },
      ),
    );
  };
  useEffect(() => {
    // The tapped button is gone: the focus goes to what came of it, and not to the top of the page.
    if (saying.kind === "said") answer.current?.focus();
  }, [saying.kind]);
  return html`
    <div class="who">
      ${item === null ? buttons(event, saying, say) : null}
      <p class=${saying.kind === "failed" ? "who-failed" : "who-said"} role="status" tabindex="-1" ref=${answer}>
        ${statusText(saying, item)}
      </p>
      ${
        item === null
          ? null
          : html`<p class="who-undo">${texts().whoWasIt.mistake} <code>facelatch feedback forget ${item.id}</code></p>`
      }
    </div>
  `;
}

function buttons({ at }: StoredEvent, { kind }: Saying, say: (verdict: Verdict) => void): VNode {
  const words = texts().whoWasIt;
  const isSending = kind === "sending";
  const button = (verdict: Verdict, text: string) => html`
    <button type="button" aria-disabled=${isSending} onClick=${() => say(verdict)}>${text}</button>
  `;
  return html`
    <div class="who-buttons" role="group" aria-label=${words.question(timeText(at))}>
      ${button("not_me", words.notMe)} ${button("was_me", words.wasMe)}
    </div>
  `;
}

function statusText(saying: Saying, item: FeedbackItem | null): string {
  if (saying.kind === "failed") return saying.text;
  if (saying.kind === "sending") return texts().whoWasIt.telling;
  return item === null ? "" : texts().whoWasIt.effects[item.verdict];
}
