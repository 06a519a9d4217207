import type { BaseConfig } from '../config/base-config.js';

/**
 * Which access decisions an app logs at this level: whoever debugs wants to see grants too.
 * @publicApi
 */
export function loggedDecisions(level: BaseConfig['LOG_LEVEL']): 'refused' | 'all' {
  return level === 'debug' || level === 'trace' ? 'all' : 'refused';
}
