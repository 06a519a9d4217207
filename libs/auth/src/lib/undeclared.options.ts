import { checkOption, refuseUnknownOptions } from '@countersign/token';

/** Which handlers may be without a rule, while an application moves here. @publicApi */
export interface BaselineOptions {
  /**
   * A JSON list, as the boot prints it when there is no such file: it may only shrink, since a handler that
   * is not in it stops the boot. A path is taken from the working directory.
   */
  readonly file: string | URL;
  /** Whether an entry stops the boot that is not needed any more: for CI. Otherwise it is reported. */
  readonly strict?: boolean;
}

/** What becomes of handlers without a rule. @internal */
export interface UndeclaredOptions {
  readonly undeclared?: 'refuse' | 'report' | 'report-in-production';
  readonly baseline?: BaselineOptions;
}

/** The same, checked once. @internal */
export type ResolvedUndeclared =
  | { readonly mode: 'refuse'; readonly strict: false }
  | {
      readonly mode: 'report' | 'report-in-production';
      readonly file: string | URL;
      readonly strict: boolean;
    };

/** @internal */
export function resolveUndeclared({
  undeclared: mode = 'refuse',
  baseline,
}: UndeclaredOptions): ResolvedUndeclared {
  checkOption(
    ['refuse', 'report', 'report-in-production'].includes(mode),
    'undeclared',
    "be 'refuse', 'report' or 'report-in-production'",
  );
  if (mode === 'refuse') {
    checkOption(baseline === undefined, 'baseline', "go with undeclared: 'report', or be left out");
    return { mode, strict: false };
  }
  const { file, strict = false } = baseline ?? {};
  if (baseline !== undefined) refuseUnknownOptions(baseline, { file: true, strict: true });
  if ((typeof file !== 'string' || file === '') && !(file instanceof URL))
    throw new TypeError('baseline.file must name the file of handlers that may be without a rule');
  checkOption(typeof strict === 'boolean', 'baseline.strict', 'be true or false');
  return { mode, file, strict };
}
