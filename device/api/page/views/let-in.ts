// The way in: the page asks for the code that the board's console shows, or for an access token, or waits for the board's button.
import type { SessionState } from "../connection.ts";
import { failureText } from "../format.ts";
import { fetchHasButton } from "../knock.ts";
import { texts } from "../language.ts";
import { html, useEffect, useRef, useState, type VNode } from "../vendor/standalone.module.js";
import { ButtonWait } from "./button-wait.ts";

export interface LetInProps {
  readonly begin: SessionState["begin"];
}

export function LetIn({ begin }: LetInProps): VNode {
  const words = texts().letIn;
  const [text, setText] = useState("");
  const [isSending, setSending] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const [hasButton, setHasButton] = useState(false);
  const [isWaiting, setWaiting] = useState(false);
  const field = useRef<HTMLInputElement | null>(null);
  const byButton = useRef<HTMLButtonElement | null>(null);
  useEffect(() => {
    document.title = "Facelatch";
    void fetchHasButton().then(setHasButton);
  }, []);
  const wasWaiting = useRef(false);
  useEffect(() => {
    // After a wait that was cancelled the focus is where it was before; what failed says to use the code.
    if (!isWaiting && wasWaiting.current && failure === null) byButton.current?.focus();
    else if (!isWaiting) field.current?.focus();
    wasWaiting.current = isWaiting;
  }, [isWaiting]);
  const submit = (event: Event): void => {
    event.preventDefault();
    const given = text.trim();
    if (isSending || given === "") return;
    setSending(true);
    void begin(given.startsWith("fl_") ? { token: given } : { code: given }).then((posted) => {
      if (posted.isDone) return;
      setSending(false);
      setFailure(failureText(posted.code, words.failures));
      field.current?.focus();
    });
  };
  const wait = (): void => {
    setFailure(null);
    setWaiting(true);
  };
  const endWait = (code: string | null): void => {
    setFailure(failureText(code, { ...words.failures, ...words.buttonFailures }));
    setWaiting(false);
  };
  if (isWaiting) {
    return html`
      <main class="let-in">
        <h1>Facelatch</h1>
        <${ButtonWait} begin=${begin} onEnd=${endWait} onCancel=${() => setWaiting(false)} />
      </main>
    `;
  }
  return html`
    <main class="let-in">
      <h1>Facelatch</h1>
      <form class="panel" onSubmit=${submit}>
        <label>
          ${words.field}
          <input
            ref=${field}
            name="credential"
            value=${text}
            maxlength="128"
            autocomplete="one-time-code"
            autocapitalize="characters"
            spellcheck=${false}
            aria-describedby="let-in-help let-in-failure"
            onInput=${(event: Event) => setText((event.target as HTMLInputElement).value)}
          />
        </label>
        <button type="submit" class="filled" aria-disabled=${isSending}>${words.button}</button>
        <p id="let-in-failure" class="failed" role="alert">${failure}</p>
      </form>
      <p id="let-in-help" class="note">
        ${words.help} <code>sudo facelatch pair</code>
      </p>
      ${
        hasButton
          ? html`<p id="let-in-by-button" class="note">${words.hasButton}</p>
            <button ref=${byButton} type="button" aria-describedby="let-in-by-button" onClick=${wait}>
              ${words.byButton}
            </button>`
          : null
      }
    </main>
  `;
}
