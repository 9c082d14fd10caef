// The way in: the page asks for the code that the board's console shows, or for an access token.
import type { SessionState } from "../connection.ts";
import { failureText } from "../format.ts";
import { texts } from "../language.ts";
import { html, useEffect, useRef, useState, type VNode } from "../vendor/standalone.module.js";

export interface LetInProps {
  readonly begin: SessionState["begin"];
}

export function LetIn({ begin }: LetInProps): VNode {
  const words = texts().letIn;
  const [text, setText] = useState("");
  const [isSending, setSending] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const field = useRef<HTMLInputElement | null>(null);
  useEffect(() => {
    document.title = "Facelatch";
    field.current?.focus();
  }, []);
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
    </main>
  `;
}
