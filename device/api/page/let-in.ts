// The way in: the page asks for the code that the board's console shows, or for an access token.
import type { SessionState } from "./connection.ts";
import { html, useEffect, useRef, useState, type VNode } from "./vendor/standalone.module.js";

export interface LetInProps {
  readonly begin: SessionState["begin"];
}

const failures: Readonly<Record<string, string>> = {
  "": "The door did not answer. Try again.",
  PAIRING_REFUSED: "This is not the code. Try again.",
  PAIRING_CLOSED: "No pairing is under way: the two minutes are over, the code was used, or too many were wrong.",
  TOKEN_INVALID: "This token is not known, or counts no more.",
  TOO_MANY_REQUESTS: "Too many tries. Wait a minute, then try again.",
  REQUEST_INVALID: "This is neither a code nor a token.",
  ACCESS_UNAVAILABLE: "The door cannot read its access tokens. Its log says why.",
};

export function LetIn({ begin }: LetInProps): VNode {
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
    void begin(given.startsWith("fl_") ? { token: given } : { code: given }).then((refusal) => {
      if (refusal === null) return;
      setSending(false);
      setFailure(failures[refusal] ?? `The door refused it (${refusal}).`);
      field.current?.focus();
    });
  };
  return html`
    <main class="let-in">
      <h1>Facelatch</h1>
      <form class="panel" onSubmit=${submit}>
        <label>
          Pairing code or access token
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
        <button type="submit" class="filled" aria-disabled=${isSending}>Let me in</button>
        <p id="let-in-failure" class="failed" role="alert">${failure}</p>
      </form>
      <p id="let-in-help" class="note">
        The code is on the board${"\u2019"}s console for two minutes after its first start. Later, ask there for one:
        ${" "}<code>sudo facelatch pair</code>
      </p>
    </main>
  `;
}
