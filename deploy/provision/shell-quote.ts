// Quotes text for a POSIX shell.

/** One word that the shell takes as it is, whatever it holds. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
