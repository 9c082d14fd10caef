// How the page asks to be paired by the board's button, and waits until somebody held it.
import type { KnockReport, WayInReport } from "../routes/button-pairing.ts";
import { fetchJson, type Posted, postJson, type SessionState } from "./connection.ts";

const knockUrl = "/v1/session/button";
const pollIntervalMs = 2_000;
/** Whoever is at the board by then has forgotten the page. */
const waitMaxMs = 600_000;

export interface KnockListeners {
  /** The door waits for the button now. */
  readonly onWaiting: () => void;
  /** It does not any more; a problem's code, null where the door gave no answer, or BUTTON_NOT_HELD. Not told of a browser that was let in. */
  readonly onEnd: (code: string | null) => void;
}

/** One that was left to itself: it stands in the way of the next until then. */
let left: string | null = null;

/** Whether the door has such a button; where it does not answer, nobody knows of one. */
export function fetchHasButton(): Promise<boolean> {
  return fetchJson<WayInReport>(knockUrl).then(
    ({ available }) => available,
    () => false,
  );
}

/** Asks for the button until the page is let in or refused; returns the function that takes that back. */
export function waitForButton(begin: SessionState["begin"], { onWaiting, onEnd }: KnockListeners): () => void {
  const startedMs = performance.now();
  let secret: string | null = null;
  let isOver = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = (): void => {
    isOver = true;
    clearTimeout(timer);
    removeEventListener("pagehide", leave);
    if (secret !== null) withdraw(secret);
    secret = null;
  };
  const end = (code: string | null): void => {
    // Whoever is at the board now may not know that nobody waits: nobody else may be let in for that.
    left = secret;
    secret = null;
    stop();
    onEnd(code);
  };
  /** A page that is left may come back as it was: it must not say then that the door waits. */
  const leave = (): void => {
    stop();
    onEnd("BUTTON_NOT_HELD");
  };
  const poll = async (button: string): Promise<void> => {
    if (performance.now() - startedMs > waitMaxMs) return end("BUTTON_NOT_HELD");
    const posted = await begin({ button });
    if (isOver) return;
    if (posted.isDone && posted.value.kind !== "waiting") secret = null;
    else if (isPassing(posted)) timer = setTimeout(poll, pollIntervalMs, button);
    else if (!posted.isDone) end(posted.code);
  };
  const ask = async (): Promise<void> => {
    if (left !== null) withdraw(left);
    left = null;
    const posted = await postJson<KnockReport>(knockUrl, {});
    if (!posted.isDone) {
      if (!isOver) end(posted.code);
      return;
    }
    secret = posted.value.button;
    if (isOver) return stop();
    onWaiting();
    await poll(secret);
  };
  addEventListener("pagehide", leave);
  void ask();
  return stop;
}

/** Whether it is worth asking again: nobody held the button yet, or the door did not answer this once. */
function isPassing(posted: Posted<{ readonly kind: string }>): boolean {
  return posted.isDone || posted.code === null || posted.code === "TOO_MANY_REQUESTS";
}

/** Sent also by a page that is being left. */
function withdraw(button: string): void {
  navigator.sendBeacon(`${knockUrl}/withdraw`, new Blob([JSON.stringify({ button })], { type: "application/json" }));
}
