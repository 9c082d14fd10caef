// The list of events: the newest on top, joined by new ones as they come, and older ones on request.
import type { EventType } from "../../../events/events.ts";
import type { Candidate } from "../../../feedback/feedback.ts";
import type { ShownEvent } from "../../shown-event.ts";
import type { StatusReport } from "../../status-report.ts";
import { fetchJson, useStream } from "../connection.ts";
import { timeText } from "../format.ts";
import { texts } from "../language.ts";
import { html, useCallback, useEffect, useState, type VNode } from "../vendor/standalone.module.js";
import { eventTypes, toneOf } from "../wording.ts";
import { ErasePictures, EventPicture } from "./pictures.ts";
import { askedAt, useRemembered, WhoWasIt } from "./who-was-it.ts";

interface EventPage {
  readonly events: readonly ShownEvent[];
  readonly next: number | null;
}

interface EventState {
  /** The newest first, each seq once. */
  readonly events: readonly ShownEvent[];
  /** Where older ones begin; null when there are none. */
  readonly olderBefore: number | null;
  readonly hasFailed: boolean;
  /** Whether the first page has arrived, so that the stream can begin after it. */
  readonly isLoaded: boolean;
}

const pageRows = 15;
/** A page that stays open for days must not grow for ever. */
const eventsMax = 500;

export interface EventListProps {
  readonly onEvent: () => void;
  /** Whether the page may say who somebody was. */
  readonly canSay: boolean;
  /** Whether it may see who was there. */
  readonly canSee: boolean;
  /** What the door keeps of pictures; null while that is not known. */
  readonly snapshots: StatusReport["snapshots"] | null;
}

function merged(a: readonly ShownEvent[], b: readonly ShownEvent[]): ShownEvent[] {
  const bySeq = new Map([...a, ...b].map((event) => [event.seq, event]));
  return [...bySeq.values()].sort((x, y) => y.seq - x.seq);
}

/** A new first page, under those events that the stream brought after it was made. */
function joined(known: readonly ShownEvent[], page: readonly ShownEvent[]): ShownEvent[] {
  const newestSeq = page[0]?.seq ?? 0;
  return [...known.filter((event) => event.seq > newestSeq), ...page];
}

function useEvents(onEvent: () => void) {
  const [state, setState] = useState<EventState>({ events: [], olderBefore: null, hasFailed: false, isLoaded: false });
  const load = useCallback((before: number | null) => {
    const cursor = before === null ? "" : `&before=${before}`;
    fetchJson<EventPage>(`/v1/events?limit=${pageRows}${cursor}`).then(
      ({ events, next }) =>
        setState((old) => ({
          events: before === null ? joined(old.events, events) : merged(old.events, events),
          olderBefore: next,
          hasFailed: false,
          isLoaded: true,
        })),
      () => setState((old) => ({ ...old, hasFailed: true })),
    );
  }, []);
  useEffect(() => load(null), []);
  useStream({
    isWanted: state.isLoaded,
    urlOf: () => `/v1/events/stream?after=${state.events[0]?.seq ?? 0}`,
    types: [...eventTypes, "gap"],
    onMessage: (type, data) => {
      if (type === "gap") load(null);
      else setState((old) => withNewest(afterEvent(old, data as ShownEvent), data as ShownEvent));
      onEvent();
    },
  });
  const forget = useCallback((eventSeq: number | null) => setState((old) => withoutPictures(old, eventSeq)), []);
  return { state, load, forget };
}

function withNewest(state: EventState, event: ShownEvent): EventState {
  const events = merged([event], state.events);
  if (events.length <= eventsMax) return { ...state, events };
  const kept = events.slice(0, eventsMax);
  return { ...state, events: kept, olderBefore: kept.at(-1)!.seq };
}

/** Without the picture of an event, which all those of its presence have, or without any where none is named. */
function withoutPictures(state: EventState, eventSeq: number | null): EventState {
  const erased = state.events.find(({ seq }) => seq === eventSeq);
  const isErased = ({ bootId, data }: ShownEvent) =>
    eventSeq === null || (bootId === erased?.bootId && data["presenceId"] === erased.data["presenceId"]);
  const events = state.events.map((event) => (isErased(event) ? { ...event, hasSnapshot: false } : event));
  return { ...state, events };
}

/** What an event that was added changes in those before it. */
function afterEvent(state: EventState, { type, data }: ShownEvent): EventState {
  if (type !== "snapshots.erased") return state;
  return withoutPictures(state, typeof data["eventSeq"] === "number" ? data["eventSeq"] : null);
}

export function EventList({ onEvent, canSay, canSee, snapshots }: EventListProps): VNode {
  const { remembered, refresh } = useRemembered(canSay);
  const { state, load, forget } = useEvents(() => {
    if (canSay) refresh();
    onEvent();
  });
  const erased = (eventSeq: number | null): void => {
    forget(eventSeq);
    onEvent();
  };
  const words = texts().events;
  const asked = askedAt(state.events, canSay ? remembered : null);
  const { events, olderBefore, hasFailed, isLoaded } = state;
  return html`
    <section class="panel area-events" aria-labelledby="events-title">
      <h2 id="events-title">${words.title}</h2>
      ${
        hasFailed
          ? html`<p class="note">
            ${words.notLoaded} <button type="button" onClick=${() => load(null)}>${words.tryAgain}</button>
          </p>`
          : null
      }
      ${isLoaded && events.length === 0 ? html`<p class="note">${words.none}</p>` : null}
      <ol class="events">
        ${events.map((event) => eventItem(event, asked.get(event.seq), canSee ? erased : null))}
      </ol>
      ${
        olderBefore === null
          ? null
          : html`<button type="button" class="wide" onClick=${() => load(olderBefore)}>${words.older}</button>`
      }
      ${canSee ? html`<${ErasePictures} snapshots=${snapshots} onErased=${() => erased(null)} />` : null}
    </section>
  `;
}

/** @param onErased null where pictures may not be seen */
function eventItem(
  event: ShownEvent,
  candidate: Candidate | undefined,
  onErased: ((eventSeq: number) => void) | null,
): VNode {
  const { events, said } = texts();
  return html`
    <li key=${event.seq} class="event tone-${toneOf(event.type)}">
      <span class="event-name">${events.names[event.type as EventType] ?? event.type}</span>
      <time datetime=${event.at}>${timeText(event.at)}</time>
      <p class="event-message">${said.event(event)}</p>
      ${onErased === null ? null : html`<${EventPicture} event=${event} onErased=${onErased} />`}
      ${candidate === undefined ? null : html`<${WhoWasIt} event=${event} candidate=${candidate} />`}
    </li>
  `;
}
