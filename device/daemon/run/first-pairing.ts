// The first way in: a daemon without any token shows a pairing code on its console, where only who is at the board reads it.
import type { Logger } from "pino";
import type { Access } from "../../access/access.ts";

export interface FirstPairingDeps {
  readonly access: Pick<Access, "hasTokens">;
  /** Opens the pairing, and returns the code as it is to be shown; null where too many wrong codes were entered before. */
  readonly open: () => Promise<string | null>;
  /** How the page is reached, in words. */
  readonly address: () => Promise<string>;
  readonly logger: Logger;
  /** Shows a line where the journal keeps it. Never through the logger: its lines can be read over the API. */
  readonly show: (line: string) => void;
}

/** Never rejects: what fails is logged. */
export async function beginFirstPairing({ access, open, address, logger, show }: FirstPairingDeps): Promise<void> {
  try {
    if (await access.hasTokens()) return;
    const code = await open();
    if (code === null) {
      logger.warn("too many pairing codes were wrong: run `facelatch pair` on the board");
      return;
    }
    show(`Pairing code ${code}, for two minutes and one browser, at ${await address()}. Later: facelatch pair.`);
  } catch (error) {
    logger.error({ err: error }, "no browser can be paired");
  }
}
