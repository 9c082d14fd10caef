// The schedule: when faces may open the door, whether they may now, who set it, and how to change it.
import type { ScheduleReport } from "../../../door/door.ts";
import type { SessionReport } from "../../routes/session.ts";
import type { StatusReport } from "../../status-report.ts";
import { fetchJson, type Posted, send } from "../connection.ts";
import { daysText, failureText, timeText } from "../format.ts";
import { texts } from "../language.ts";
import { html, useCallback, useEffect, useRef, useState, type VNode } from "../vendor/standalone.module.js";
import { mayDo } from "../wording.ts";
import { ScheduleEditor } from "./schedule-editor.ts";

export interface ScheduleViewProps {
  readonly session: SessionReport | null;
  readonly status: StatusReport | null;
  /** Told when something was done that the status tells of. */
  readonly onDone: () => void;
}

type Windows = NonNullable<ScheduleReport["windows"]>;

const url = "/v1/schedule";
const intervalMs = 10_000;

/** Null before the first answer. */
function useSchedule(): { readonly schedule: ScheduleReport | null; readonly refresh: () => void } {
  const [schedule, setSchedule] = useState<ScheduleReport | null>(null);
  const refresh = useCallback(() => {
    // Without an answer the page keeps what it knew; whether the door answers at all is shown above.
    fetchJson<ScheduleReport>(url).then(setSchedule, () => undefined);
  }, []);
  useEffect(() => {
    refresh();
    const timer = setInterval(() => document.hidden || refresh(), intervalMs);
    return () => clearInterval(timer);
  }, []);
  return { schedule, refresh };
}

export function ScheduleView({ session, status, onDone }: ScheduleViewProps): VNode | null {
  const { schedule: words, said } = texts();
  const { schedule, refresh } = useSchedule();
  const [isEditing, setEditing] = useState(false);
  const [outcome, setOutcome] = useState<{ readonly text: string; readonly isFailure: boolean } | null>(null);
  const answer = useRef<HTMLElement | null>(null);
  useEffect(() => {
    if (outcome !== null) answer.current?.focus();
  }, [outcome]);
  if (schedule === null) return null;
  const settle = (posted: Posted<unknown>, text: string): void => {
    if (posted.isDone) setEditing(false);
    setOutcome(
      posted.isDone ? { text, isFailure: false } : { text: failureText(posted.code, words.failures), isFailure: true },
    );
    refresh();
    onDone();
  };
  const save = (windows: Windows): void => {
    void send("PUT", url, { windows }).then((posted) => settle(posted, words.saved));
  };
  const reset = (): void => {
    void send("DELETE", url).then((posted) => settle(posted, words.resetDone));
  };
  const edit = (): void => {
    setOutcome(null);
    setEditing(true);
  };
  const { windows, changed, fault, source } = schedule;
  const mayChange = mayDo(session, "admin");
  return html`
    <section class="panel schedule" aria-labelledby="schedule-title">
      <h2 id="schedule-title">${words.title}</h2>
      ${now(schedule, status)} ${windows === null ? null : windowList(windows)}
      ${fault === null ? null : html`<p class="failed">${said.fault(fault.code, fault.message)}</p>`}
      ${schedule.clockIsTrusted ? null : html`<p class="failed">${words.clockUnknown}</p>`}
      <p class="note">${changed === null ? words.configured : words.changed(timeText(changed.at), said.who(changed.by))}</p>
      ${
        isEditing
          ? html`<${ScheduleEditor} windows=${windows ?? []} save=${save} cancel=${() => setEditing(false)} />`
          : mayChange
            ? html`<div class="controls-buttons">
              <button type="button" onClick=${edit}>${words.change}</button>
              ${source === "config" ? null : html`<button type="button" onClick=${reset}>${words.reset}</button>`}
            </div>`
            : null
      }
      <p class=${outcome?.isFailure === true ? "failed" : "note"} role="status" tabindex="-1" ref=${answer}>
        ${outcome?.text}
      </p>
    </section>
  `;
}

/** The status is asked for more often than the schedule. */
function now(schedule: ScheduleReport, status: StatusReport | null): VNode {
  const words = texts().schedule;
  const allowsNow = status?.schedule.allowsNow ?? schedule.allowsNow;
  const word = schedule.fault !== null ? words.unreadable : allowsNow ? words.allowsNow : words.forbidsNow;
  const what = schedule.windows?.length === 0 ? words.always : words.inWindows;
  return html`<p class="schedule-now tone-${allowsNow ? "good" : "warn"}">
    ${what} <span class="part-word">${word}</span>
  </p>`;
}

function windowList(windows: Windows): VNode {
  return html`<ul class="schedule-windows">
    ${windows.map(({ days, from, to }) => html`<li>${daysText(days)} <span class="times">${`${from}\u2013${to}`}</span></li>`)}
  </ul>`;
}
