import { createScreen, type Screen, type ScreenOutput } from './story/screen.js';
import { showCommands } from './story/show-commands.js';
import { tellStory } from './story/tell-story.js';
import { startFleet, type Fleet } from './start-fleet.js';

/** What `npm start` was asked for. @internal */
export interface DemoOptions {
  readonly dataDirectory: string;
  readonly portBase: number;
  /** Stop after the story. */
  readonly once: boolean;
  /** Standard output unless given. */
  readonly output?: ScreenOutput;
}

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Aborted by the first Ctrl-C, SIGTERM or closed terminal; later ones do not hurry the stopping. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => controller.abort(signal));
  }
  return controller.signal;
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

async function stop(fleet: Fleet, screen: Screen): Promise<boolean> {
  const started = performance.now();
  const leftByThemselves = await fleet.stop();
  if (!leftByThemselves) screen.bad('a service did not stop by itself and was killed');
  screen.line(`Everything is stopped (${seconds(started)}).`);
  return leftByThemselves;
}

/** How the story went, and the decision in it that refused. */
interface Told {
  readonly holds: boolean;
  readonly decision?: string;
}

/** Tells the story; false, with the reason on the screen, when it does not go as it must. */
async function tell(fleet: Fleet, screen: Screen, signal: AbortSignal): Promise<Told> {
  try {
    return { holds: true, decision: await tellStory(fleet, screen) };
  } catch (error) {
    if (!signal.aborted) screen.bad(error instanceof Error ? error.message : String(error));
    return { holds: false };
  }
}

/**
 * Starts the fleet, tells the story, and stays up until interrupted, or, with `once`, stops at the
 * end of the story. Resolves to the exit code when nothing is left running: 0, or 1 when the fleet
 * could not start, the story did not go as it must, or a service ended by itself.
 * @internal
 */
export async function runDemo(options: DemoOptions): Promise<0 | 1> {
  const screen = createScreen(options.output ?? process.stdout, process.env);
  const signal = interruption();
  const started = performance.now();
  let hasLost = false;
  screen.line('Starting auth-server, census, herald, the web-app and a mail sink ...');
  let fleet: Fleet;
  try {
    fleet = await startFleet({
      dataDirectory: options.dataDirectory,
      ports: options.portBase,
      people: true,
      signal,
      onUnexpectedExit: (report) => {
        hasLost = true;
        screen.bad(report);
      },
    });
  } catch (error) {
    if (signal.aborted) screen.line('Interrupted: nothing is left running.');
    else screen.bad(error instanceof Error ? error.message : String(error));
    return 1;
  }
  screen.line(`Ready after ${seconds(started)}.`);
  const { holds, decision } = await Promise.race([
    tell(fleet, screen, signal),
    aborted(signal).then((): Told => ({ holds: true })),
  ]);
  screen.line();
  if (!options.once && !signal.aborted) {
    showCommands(fleet, screen, decision);
    screen.line('Ctrl-C stops everything.');
    await aborted(signal);
    screen.line();
  }
  const isClean = await stop(fleet, screen);
  return holds && isClean && !hasLost ? 0 : 1;
}
