// What a program within a guest says to the test outside: one JSON object a line.

export function say(type: string, content: Readonly<Record<string, unknown>> = {}): void {
  process.stdout.write(`@@ ${JSON.stringify({ type, ...content })}\n`);
}
