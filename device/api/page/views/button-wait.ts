// The wait for the board's button, which lets the page in: what to do at the board, and a way back.
import type { SessionState } from "../connection.ts";
import { waitForButton } from "../knock.ts";
import { texts } from "../language.ts";
import { html, useEffect, useRef, useState, type VNode } from "../vendor/standalone.module.js";

export interface ButtonWaitProps {
  readonly begin: SessionState["begin"];
  /** As `KnockListeners` has it. */
  readonly onEnd: (code: string | null) => void;
  readonly onCancel: () => void;
}

export function ButtonWait({ begin, onEnd, onCancel }: ButtonWaitProps): VNode {
  const { letIn: words, app } = texts();
  const [isWaiting, setWaiting] = useState(false);
  const title = useRef<HTMLElement | null>(null);
  useEffect(() => {
    title.current?.focus();
    // It ends with the view, also where that is left by another language.
    return waitForButton(begin, { onWaiting: () => setWaiting(true), onEnd });
  }, []);
  return html`
    <section class="panel button-wait" aria-labelledby="button-wait-title">
      <h2 id="button-wait-title" tabindex="-1" ref=${title}>${words.waitTitle}</h2>
      <div role="status">
        ${
          isWaiting
            ? html`<p class="button-wait-asks">${words.holdIt}</p>
              <p class="note">${words.holdAlone}</p>`
            : html`<p>${app.asking}</p>`
        }
      </div>
      <button type="button" onClick=${onCancel}>${app.cancel}</button>
    </section>
  `;
}
