/** One more entry of the trust list of an app. */
import { formatFiles, logger, type Tree } from '@nx/devkit';

import { textsIn, trustLists } from '../source/options-of.js';
import { withElement } from '../source/with-member.js';
import { withImport } from '../source/with-import.js';
import { GeneratorError } from '../workspace/generator-error.js';
import { textOf } from '../workspace/project.js';
import { entryText, functionFor } from './entry-text.js';
import { normalize, type Issuer, type TrustedIssuerOptions } from './normalize.js';

/**
 * Adds whom an app believes to its trust list. What is there already stays as it is: the same entry is
 * not added twice, another one of this name or issuer is refused.
 * @throws GeneratorError saying what to change; nothing is written then.
 * @publicApi
 */
export async function trustedIssuerGenerator(
  tree: Tree,
  options: TrustedIssuerOptions,
): Promise<void> {
  const entry = normalize(tree, options);
  const text = textOf(tree, entry.file);
  const [list] = trustLists(text);
  if (list === undefined) return;
  if (isKnown(list.elements.map(textsIn), entry)) {
    logger.info(`${entry.file} trusts ${entry.name} already`);
    return;
  }
  const changed = withElement(text, list, entryText(entry));
  tree.write(entry.file, withImport(changed, '@countersign/token', functionFor(entry)));
  await formatFiles(tree);
}

function isKnown(entries: readonly (readonly string[])[], { name, issuer, file }: Issuer): boolean {
  for (const texts of entries) {
    if (texts.includes(name) && texts.includes(issuer)) return true;
    const same = [name, issuer].find((one) => texts.includes(one));
    if (same !== undefined)
      throw new GeneratorError(`${file} trusts somebody else as "${same}" already`);
  }
  return false;
}

export default trustedIssuerGenerator;
