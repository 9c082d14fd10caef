// Pictures of events: shown beside them, and erased, one by a tap or all after a question.
import type { ShownEvent } from "../../shown-event.ts";
import type { StatusReport } from "../../status-report.ts";
import { type Posted, send } from "../connection.ts";
import { failureText, timeText } from "../format.ts";
import { texts } from "../language.ts";
import { html, useEffect, useRef, useState, type VNode } from "../vendor/standalone.module.js";

export interface EventPictureProps {
  readonly event: ShownEvent;
  /** Told when the picture is no longer there. */
  readonly onErased: (eventSeq: number) => void;
}

interface Outcome {
  readonly text: string;
  readonly isFailure: boolean;
}

export function EventPicture({ event, onErased }: EventPictureProps): VNode | null {
  const words = texts().events;
  const { seq, at, hasSnapshot } = event;
  const [isBusy, setBusy] = useState(false);
  const [isMissing, setMissing] = useState(false);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const answer = useFocusOn(outcome);
  const url = `/v1/events/${seq}/snapshot`;
  const erase = (): void => {
    if (isBusy) return;
    setBusy(true);
    void send<null>("DELETE", url).then((sent) => {
      setBusy(false);
      const isGone = sent.isDone || sent.code === "SNAPSHOT_MISSING";
      setOutcome({ ...outcomeOf(sent, words.pictureErased), isFailure: !isGone });
      if (isGone) onErased(seq);
    });
  };
  const isShown = hasSnapshot && !isMissing && outcome?.isFailure !== false;
  if (!isShown && outcome === null) return null;
  return html`
    <div class="event-picture">
      ${
        isShown
          ? html`
            <a href=${url} target="_blank" rel="noreferrer">
              <img src=${url} alt=${words.pictureAt(timeText(at))} loading="lazy" onError=${() => setMissing(true)} />
            </a>
            <button type="button" aria-label=${words.erasePictureOf(timeText(at))} aria-disabled=${isBusy} onClick=${erase}>
              ${words.erasePicture}
            </button>
          `
          : null
      }
      ${said(outcome, answer)}
    </div>
  `;
}

export interface ErasePicturesProps {
  readonly snapshots: StatusReport["snapshots"] | null;
  readonly onErased: () => void;
}

/** Nothing where there are no pictures; where nobody knows how many there are, they can be erased all the same. */
export function ErasePictures({ snapshots, onErased }: ErasePicturesProps): VNode | null {
  const { events: words, app } = texts();
  const [isAsking, setAsking] = useState(false);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const answer = useFocusOn(outcome);
  const yes = useRef<HTMLButtonElement | null>(null);
  useEffect(() => {
    if (isAsking) yes.current?.focus();
  }, [isAsking]);
  const kept = snapshots?.kept ?? 0;
  const isOffered = kept > 0 || snapshots?.state === "failed";
  if (!isOffered && outcome === null) return null;
  const ask = (): void => {
    setOutcome(null);
    setAsking(true);
  };
  const erase = (): void => {
    setAsking(false);
    void send<null>("DELETE", "/v1/snapshots").then((sent) => {
      setOutcome(outcomeOf(sent, words.allErased));
      if (sent.isDone) onErased();
    });
  };
  return html`
    <div class="erase-pictures">
      ${
        isAsking
          ? html`<div class="controls-question" role="group" aria-labelledby="erase-pictures-question">
            <p id="erase-pictures-question">${words.eraseAllQuestion(kept)}</p>
            <div class="controls-buttons">
              <button ref=${yes} type="button" class="filled" onClick=${erase}>${words.eraseAllYes}</button>
              <button type="button" onClick=${() => setAsking(false)}>${app.cancel}</button>
            </div>
          </div>`
          : isOffered
            ? html`<button type="button" class="wide" onClick=${ask}>${words.eraseAll}</button>`
            : null
      }
      ${said(outcome, answer)}
    </div>
  `;
}

function outcomeOf(sent: Posted<null>, text: string): Outcome {
  if (sent.isDone) return { text, isFailure: false };
  return { text: failureText(sent.code, texts().events.failures), isFailure: true };
}

/** What was tapped is gone: the focus goes to what came of it. */
function useFocusOn(outcome: Outcome | null) {
  const answer = useRef<HTMLElement | null>(null);
  useEffect(() => {
    if (outcome !== null) answer.current?.focus();
  }, [outcome]);
  return answer;
}

function said(outcome: Outcome | null, answer: { current: HTMLElement | null }): VNode {
  return html`
    <p class=${outcome?.isFailure === true ? "failed" : "note"} role="status" tabindex="-1" ref=${answer}>
      ${outcome?.text}
    </p>
  `;
}
