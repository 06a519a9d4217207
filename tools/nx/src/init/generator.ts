/** Countersign in an app that is there: dependencies, options, registration, variables, tests. */
import { basename } from 'node:path/posix';

import { formatFiles, logger, type GeneratorCallback, type Tree } from '@nx/devkit';

import { registersCountersign } from '../source/options-of.js';
import { addPlugin } from '../workspace/add-plugin.js';
import { refuseTaken } from '../workspace/names.js';
import { sourcesOf, textOf } from '../workspace/project.js';
import { register } from '../workspace/register.js';
import { addDependencies } from './add-dependencies.js';
import { addOptions, addTests } from './add-files.js';
import { normalize, type InitOptions } from './normalize.js';

/**
 * Guards an app: from then on it starts only once every route says who may call it. An app that
 * registers the module already gets what it lacks besides.
 * @throws GeneratorError saying what to change; nothing is written then.
 * @publicApi
 */
export async function initGenerator(tree: Tree, options: InitOptions): Promise<GeneratorCallback> {
  const app = normalize(tree, options);
  const isGuarded = sourcesOf(tree, app).some((path) => registersCountersign(textOf(tree, path)));
  if (isGuarded) logger.info(`${options.project} registers CountersignModule already`);
  else {
    refuseTaken(tree, app.options);
    addOptions(tree, app);
    register(tree, app.module, {
      list: 'imports',
      element: 'CountersignModule.forRoot(countersign)',
      imports: [
        ['@countersign/auth', 'CountersignModule'],
        [`./${basename(app.options, '.ts')}.js`, 'countersign'],
      ],
    });
  }
  if (!addTests(tree, app)) logger.info(`no tests were added: see the guide "Test your rules"`);
  addPlugin(tree);
  const install = addDependencies(tree, app.root);
  await formatFiles(tree);
  return () => {
    install();
    logger.info(
      'Now give every route a rule: the app refuses to start until then, and lists them.',
    );
  };
}

export default initGenerator;
