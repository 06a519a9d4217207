import { defineFleet } from './define-fleet.js';
import { checkFleet, type FleetDefinition } from './fleet-definition.js';

const census = { audience: 'https://census.example/', scopes: { 'users:read': 'read users' } };

describe('checkFleet', () => {
  it.each<[string, unknown, string]>([
    ['no object', [], 'fleet must be an object of services by name'],
    ['a name of other characters', { Census: census }, 'fleet.Census must be named by a-z, 0-9'],
    ['a service that is no object', { census: null }, 'fleet.census must be an object'],
    [
      'a member that does not exist',
      { census: { ...census, audiance: 'x' } },
      'fleet.census: audiance is not an option; there are audience, scopes, calls',
    ],
    [
      'an audience that is no URI',
      { census: { audience: 'census' } },
      'fleet.census.audience must be an absolute URI',
    ],
    [
      'an audience that another has',
      { census, other: { audience: census.audience } },
      'fleet.other.audience must not be that of census',
    ],
    ['scopes in a list', { census: { scopes: ['a'] } }, 'fleet.census.scopes must be an object'],
    [
      'a scope with a space',
      { census: { scopes: { 'a b': 'x' } } },
      'fleet.census.scopes must be named by scope-tokens',
    ],
    [
      'a scope that nobody explains',
      { census: { scopes: { a: ' ' } } },
      'fleet.census.scopes.a must say what it lets a caller do',
    ],
    ['calls in a list', { census: { calls: [] } }, 'fleet.census.calls must be an object'],
    [
      'a call to nobody',
      { census, herald: { calls: { cencus: [] } } },
      'fleet.herald.calls.cencus must call one of census, herald',
    ],
    [
      'a call to what every object has',
      { census, herald: { calls: { constructor: [] } } },
      'fleet.herald.calls.constructor must call one of census, herald',
    ],
    [
      'a call with no list of scopes',
      { census, herald: { calls: { census: 'users:read' } } },
      'fleet.herald.calls.census must be a list of scopes',
    ],
    [
      'a call with a scope that its target does not have',
      { census, herald: { calls: { census: ['users:raed'] } } },
      'fleet.herald.calls.census must hold scopes of census, not users:raed',
    ],
    [
      'a call that names a scope twice',
      { census, herald: { calls: { census: ['users:read', 'users:read'] } } },
      'fleet.herald.calls.census must name each scope once',
    ],
  ])('refuses %s', (_, definition, message) => {
    const check = () => checkFleet(definition as FleetDefinition);
    expect(check).toThrow(TypeError);
    expect(check).toThrow(message);
  });

  it('answers a copy that nobody can change, in which nothing is found but what was defined', () => {
    const definition = { census: { scopes: { ...census.scopes } } };
    const checked = checkFleet(definition);
    definition.census.scopes['users:read'] = 'changed';
    expect(checked['census']?.scopes).toEqual({ 'users:read': 'read users' });
    expect(Object.isFrozen(checked['census']?.scopes)).toBe(true);
    expect(checked['constructor']).toBeUndefined();
  });
});

describe('defineFleet', () => {
  it('has no service that was not defined', () => {
    const fleet = defineFleet({ census });
    const service = fleet.service as (name: string) => unknown;
    expect(() => service('herald')).toThrow('herald is no service of the fleet: census');
    expect(() => service('toString')).toThrow(TypeError);
  });
});
