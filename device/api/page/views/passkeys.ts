// The passkeys with which the door is opened by hand: listed, registered in this browser, removed.
import type { PasskeyList } from "../../routes/passkeys.ts";
import { fetchJson, type Posted, postJson, send } from "../connection.ts";
import { failureText, timeText } from "../format.ts";
import { texts } from "../language.ts";
import { type CreationJson, makePasskey } from "../passkey.ts";
import { html, useCallback, useEffect, useRef, useState, type VNode } from "../vendor/standalone.module.js";

type Passkey = PasskeyList["passkeys"][number];

interface Outcome {
  readonly text: string;
  readonly isFailure: boolean;
}

/** The page's own code, beside those of the device. */
export const notShown = "PASSKEY_NOT_SHOWN";

async function register(name: string): Promise<Posted<Passkey>> {
  const offered = await send<CreationJson>("POST", "/v1/passkeys/challenge");
  if (!offered.isDone) return offered;
  const credential = await makePasskey(offered.value);
  if (credential === null) return { isDone: false, code: notShown };
  return postJson<Passkey>("/v1/passkeys", { name, credential });
}

export function Passkeys(): VNode | null {
  const words = texts().passkeys;
  const [list, setList] = useState<PasskeyList | null>(null);
  const [name, setName] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const answer = useRef<HTMLElement | null>(null);
  const refresh = useCallback(() => {
    fetchJson<PasskeyList>("/v1/passkeys").then(setList, () => undefined);
  }, []);
  useEffect(refresh, []);
  useEffect(() => {
    if (outcome !== null) answer.current?.focus();
  }, [outcome]);
  if (list === null) return null;
  const settle = (posted: Posted<unknown>, text: string): void => {
    setBusy(false);
    setOutcome({
      text: posted.isDone ? text : failureText(posted.code, words.failures),
      isFailure: !posted.isDone,
    });
    refresh();
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    void register(name).then((posted) => {
      if (posted.isDone) setName("");
      settle(posted, words.registered(name));
    });
  };
  const remove = ({ id, name: called }: Passkey): void => {
    void send<null>("DELETE", `/v1/passkeys/${id}`).then((sent) => settle(sent, words.removed(called)));
  };
  return html`
    <section class="panel" aria-labelledby="passkeys-title">
      <h2 id="passkeys-title">${words.title}</h2>
      <p class="note">${list.unlockNeedsPasskey ? words.needed : words.notNeeded}</p>
      <ul class="parts" aria-label=${words.title}>${list.passkeys.map((passkey) => item(passkey, remove))}</ul>
      <form class="passkey-form" onSubmit=${submit}>
        <label class="field">
          ${words.name}
          <input
            name="passkey-name"
            value=${name}
            required
            maxlength="64"
            autocomplete="off"
            onInput=${(event: Event) => setName((event.target as HTMLInputElement).value)}
          />
        </label>
        <button type="submit" aria-disabled=${isBusy}>${words.register}</button>
      </form>
      <p class=${outcome?.isFailure === true ? "failed" : "note"} role="status" tabindex="-1" ref=${answer}>
        ${outcome?.text}
      </p>
    </section>
  `;
}

function item(passkey: Passkey, remove: (passkey: Passkey) => void): VNode {
  const words = texts().passkeys;
  const { id, name, host, lastUsedAt } = passkey;
  return html`
    <li key=${id} class="part">
      <h3>${name}</h3>
      <p class="part-word">${host}</p>
      <p class="part-facts">${lastUsedAt === null ? words.neverUsed : words.lastUsed(timeText(lastUsedAt))}</p>
      <div class="person-actions" role="group" aria-label=${name}>
        <button type="button" onClick=${() => remove(passkey)}>${words.remove}</button>
      </div>
    </li>
  `;
}
