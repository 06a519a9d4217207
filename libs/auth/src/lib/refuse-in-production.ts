import { checkOption } from '@countersign/token';

/**
 * Refuses what opens a service up where NODE_ENV is `production`. Read from the environment, because
 * nobody writes an option for the deployment that he does not think of.
 * @throws TypeError naming the option.
 * @internal
 */
export function refuseInProduction(option: string, problem: string): void {
  checkOption(process.env['NODE_ENV'] !== 'production', option, problem);
}
