import type { IncomingMessage } from 'node:http';

/** The parameters of a form that was posted; of those with one name, the last. @internal */
export async function readForm(request: IncomingMessage): Promise<Record<string, string>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
}
