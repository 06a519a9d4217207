/** What a service does for authentication, as far as a CPU profile tells: by whose file is on top. */

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly children?: readonly number[];
}

interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Parts of the work of a process, from 0 to 1. */
export interface AuthShare {
  /** Who calls, and may they: the guard and the verifier. */
  readonly guard: number;
  /** Tokens for calls to others: making, finding, attaching. */
  readonly outbound: number;
}

type Part = keyof AuthShare | 'other' | 'idle';

// The first that fits; what signs is there for outbound calls only, in services that issue nothing.
const parts: readonly (readonly [RegExp, Part])[] = [
  [/\/libs\/auth\/dist\/lib\/outbound\/(?:http-peer|service-answer|call-)/, 'other'],
  [/\/libs\/token\/dist\/lib\/(?:client|issue)\//, 'outbound'],
  [/\/libs\/auth\/dist\/lib\/outbound\//, 'outbound'],
  [/\/libs\/(?:auth|token)\/dist\//, 'guard'],
];

/** Reads a V8 CPU profile (JSON): each sample counts for the innermost function that tells. */
export function authShareOf(json: string): AuthShare {
  const { nodes, samples, timeDeltas } = JSON.parse(json) as Profile;
  const partOf = partsByNode(nodes);
  const micros: Record<Part, number> = { guard: 0, outbound: 0, other: 0, idle: 0 };
  samples.forEach((id, at) => {
    micros[partOf.get(id) ?? 'other'] += timeDeltas[at] ?? 0;
  });
  const busy = micros.guard + micros.outbound + micros.other;
  return { guard: micros.guard / busy, outbound: micros.outbound / busy };
}

/** A function that tells nothing (Node's own, V8's) belongs to whoever called it. */
function partsByNode(nodes: readonly ProfileNode[]): ReadonlyMap<number, Part> {
  const found = new Map<number, Part>();
  for (const node of nodes) {
    const own = partOf(node) ?? found.get(node.id) ?? 'other';
    found.set(node.id, own);
    for (const child of node.children ?? []) found.set(child, own);
  }
  return found;
}

function partOf({ callFrame: { functionName, url } }: ProfileNode): Part | undefined {
  // `dispatch` is the profiler itself.
  if (['(idle)', 'dispatch'].includes(functionName)) return 'idle';
  const [, part] = parts.find(([pattern]) => pattern.test(url)) ?? [];
  if (part !== undefined) return part;
  return url.startsWith('file:') ? 'other' : undefined;
}
