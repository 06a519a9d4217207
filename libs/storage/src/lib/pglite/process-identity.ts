import { readFileSync, readlinkSync } from 'node:fs';

/** Who holds a lock, told apart from a later process with the same pid. @internal */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start of the process in clock ticks since boot; absent where /proc is. */
  readonly started?: string;
  /** The pid namespace of one boot of one machine, in which `pid` has its meaning. */
  readonly namespace?: string;
}

/** The identity of this process. @internal */
export function ownIdentity(): ProcessIdentity {
  return {
    pid: process.pid,
    ...optional('started', statOf(process.pid).started),
    ...ownNamespace(),
  };
}

/**
 * Whether the holder is alive; `unknown` when it lived in another pid namespace (another container
 * or machine, or before a reboot), where its pid says nothing.
 * @internal
 */
export function livenessOf(holder: ProcessIdentity): 'alive' | 'dead' | 'unknown' {
  if (holder.namespace !== ownNamespace().namespace) return 'unknown';
  if (!exists(holder.pid)) return 'dead';
  const { state, started } = statOf(holder.pid);
  // A zombie has a pid until its parent asks for its exit code, but runs no more.
  return state !== 'Z' && holder.started === started ? 'alive' : 'dead';
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process is there, and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function statOf(pid: number): { state: string | undefined; started: string | undefined } {
  const stat = read(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // proc(5): the command (field 2) may hold spaces and parentheses; state is field 3, start 22.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  return { state: fields[0], started: fields[19] };
}

function ownNamespace(): { namespace?: string } {
  const boot = read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const pids = read(() => readlinkSync('/proc/self/ns/pid'));
  return optional('namespace', boot && pids && `${boot} ${pids}`);
}

function read(from: () => string): string | undefined {
  try {
    return from();
  } catch {
    return undefined;
  }
}

function optional<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return (value ? { [key]: value } : {}) as { [P in K]?: string };
}
