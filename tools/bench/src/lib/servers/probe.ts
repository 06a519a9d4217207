/** Loaded into every server under test (node --import): lets the benchmark look inside from outside. */
import { Session } from 'node:inspector/promises';

import type { ProbeAnswer, ProbeQuestion } from './probe.messages.js';

let profiler: Session | undefined;

process.on('message', (question: ProbeQuestion) => {
  answer(question).then(
    (value) => process.send?.({ kind: 'answer', value } satisfies ProbeAnswer),
    (error: unknown) => process.send?.({ kind: 'failure', reason: String(error) }),
  );
});
// The benchmark is gone: a server that has a shutdown of its own closes in order.
process.once('disconnect', () => {
  setTimeout(() => process.exit(0), 3_000).unref();
  if (process.listenerCount('SIGTERM') > 0) process.kill(process.pid, 'SIGTERM');
  else process.exit(0);
});

async function answer(question: ProbeQuestion): Promise<number | string> {
  switch (question) {
    case 'cpu': {
      const { user, system } = process.cpuUsage();
      return user + system;
    }
    case 'rss':
      return process.memoryUsage.rss();
    case 'profile-start':
      profiler = new Session();
      profiler.connect();
      await profiler.post('Profiler.enable');
      await profiler.post('Profiler.start');
      return 0;
    case 'profile-stop': {
      const profile = await profiler?.post('Profiler.stop');
      profiler?.disconnect();
      return JSON.stringify(profile?.profile);
    }
  }
}
