// The windows of the schedule as a form: days to tick, two times each, and what is missing said before anything is sent.
import type { ScheduleReport } from "../../../door/door.ts";
import { dayText, weekdays } from "../format.ts";
import { texts } from "../language.ts";
import { html, useEffect, useRef, useState, type VNode } from "../vendor/standalone.module.js";

type Window = NonNullable<ScheduleReport["windows"]>[number];
type Day = Window["days"][number];

export interface ScheduleEditorProps {
  readonly windows: readonly Window[];
  readonly save: (windows: Window[]) => void;
  readonly cancel: () => void;
}

/** As many as the device takes. */
const windowsMax = 50;
const usual: Window = { days: [...weekdays], from: "07:00", to: "22:00" };

/** A browser's field for times knows no 24:00: midnight is its 00:00, at either end. */
const toField = (to: string): string => (to === "24:00" ? "00:00" : to);
const fromField = (to: string): string => (to === "00:00" ? "24:00" : to);

export function ScheduleEditor({ windows, save, cancel }: ScheduleEditorProps): VNode {
  const words = texts().schedule;
  const [draft, setDraft] = useState<readonly Window[]>(windows);
  const [failure, setFailure] = useState<string | null>(null);
  const form = useRef<HTMLFormElement | null>(null);
  useEffect(() => form.current?.querySelector<HTMLElement>("input, button")?.focus(), []);
  const change = (index: number, changed: Partial<Window>): void => {
    setFailure(null);
    setDraft(draft.map((window, i) => (i === index ? { ...window, ...changed } : window)));
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    const found = failureOf(draft);
    setFailure(found);
    if (found === null) save(draft.map(({ days, from, to }) => ({ days, from, to: fromField(to) })));
  };
  return html`
    <form class="schedule-editor" ref=${form} onSubmit=${submit} noValidate>
      <p class="note">${words.about}</p>
      ${draft.length === 0 ? html`<p>${words.noWindows}</p>` : null}
      ${draft.map((window, index) =>
        windowFields(window, index, {
          change: (changed) => change(index, changed),
          remove: () => setDraft(draft.filter((_window, i) => i !== index)),
        }),
      )}
      <button type="button" disabled=${draft.length >= windowsMax} onClick=${() => setDraft([...draft, usual])}>
        ${words.add}
      </button>
      <p class="failed" role="alert">${failure}</p>
      <div class="controls-buttons">
        <button type="submit" class="filled">${words.save}</button>
        <button type="button" onClick=${cancel}>${texts().app.cancel}</button>
      </div>
    </form>
  `;
}

interface Editing {
  readonly change: (changed: Partial<Window>) => void;
  readonly remove: () => void;
}

function windowFields({ days, from, to }: Window, index: number, { change, remove }: Editing): VNode {
  const words = texts().schedule;
  const toggle = (day: Day): void =>
    change({ days: weekdays.filter((each) => (each === day) !== days.includes(each)) });
  const time = (label: string, value: string, take: (value: string) => void): VNode => html`
    <label class="field">
      ${label}
      <input type="time" required value=${value} onInput=${(event: Event) => take((event.target as HTMLInputElement).value)} />
    </label>
  `;
  return html`
    <fieldset class="schedule-window" key=${index}>
      <legend>${words.window(index + 1)}</legend>
      <div class="schedule-days" role="group" aria-label=${words.days}>
        ${weekdays.map(
          (day) => html`
            <label key=${day}>
              <input type="checkbox" checked=${days.includes(day)} onChange=${() => toggle(day)} />
              <span aria-hidden="true">${dayText(day, "short")}</span>
              <span class="unseen">${dayText(day, "long")}</span>
            </label>
          `,
        )}
      </div>
      <div class="schedule-times">
        ${time(words.from, from, (value) => change({ from: value }))}
        ${time(words.to, toField(to), (value) => change({ to: value }))}
      </div>
      ${fromField(to) < from ? html`<p class="note">${words.overnight}</p>` : null}
      <button type="button" onClick=${remove}>${words.remove}</button>
    </fieldset>
  `;
}

function failureOf(windows: readonly Window[]): string | null {
  const words = texts().schedule;
  for (const [index, { days, from, to }] of windows.entries()) {
    if (days.length === 0) return words.noDay(index + 1);
    if (from === "" || to === "" || from === fromField(to)) return words.noTime(index + 1);
  }
  return null;
}
