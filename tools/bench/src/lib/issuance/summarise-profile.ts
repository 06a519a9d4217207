/** The members of a V8 CPU profile that count here. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }[];
  readonly samples: readonly number[];
  /** Microseconds between one sample and the one before. */
  readonly timeDeltas: readonly number[];
}

/** A share of the time that a process was busy. */
export interface Share {
  readonly name: string;
  readonly share: number;
}

/** Where a process spent its time: by package, and by single function. */
export interface ProfileSummary {
  readonly packages: readonly Share[];
  readonly functions: readonly Share[];
}

/** Sums the time of a profile (JSON, as V8 writes it) by where the running function stands. */
export function summariseProfile(json: string, most = 15): ProfileSummary {
  const profile = JSON.parse(json) as CpuProfile;
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const packages = new Map<string, number>();
  const functions = new Map<string, number>();
  let busy = 0;
  profile.samples.forEach((id, at) => {
    const frame = frames.get(id);
    const time = profile.timeDeltas[at] ?? 0;
    // `dispatch` is the profiler itself.
    if (!frame || ['(idle)', 'dispatch'].includes(frame.functionName)) return;
    busy += time;
    const owner = packageOf(frame.functionName, frame.url);
    add(packages, owner, time);
    add(functions, `${frame.functionName || '(anonymous)'} (${owner})`, time);
  });
  return { packages: largest(packages, busy, most), functions: largest(functions, busy, most) };
}

function packageOf(name: string, url: string): string {
  if (name === '(garbage collector)') return 'garbage collection';
  if (url === '') return name === '(program)' ? 'native code and system calls' : 'V8 built-ins';
  if (url.startsWith('node:')) return url.replace(/^node:(internal\/)?([a-z_]+).*/, 'node:$2');
  const installed = /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url);
  if (installed?.[1]) return installed[1];
  const own = /\/((?:apps|libs|tools)\/[^/]+)\/dist\/(?:lib\/)?([^/]+)/.exec(url);
  return own ? `${own[1]} ${(own[2] ?? '').replace(/\.js$/, '')}` : url;
}

function add(sums: Map<string, number>, name: string, time: number): void {
  sums.set(name, (sums.get(name) ?? 0) + time);
}

function largest(sums: Map<string, number>, whole: number, most: number): Share[] {
  return [...sums]
    .map(([name, time]) => ({ name, share: time / whole }))
    .sort((a, b) => b.share - a.share)
    .slice(0, most);
}
