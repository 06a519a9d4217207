import type { AccessMapDocument, DeclaredCall } from '@countersign/token';

import { withoutAccepted } from './baseline.js';
import { checkFleet } from './check-fleet.js';
import { keyOf } from './findings.js';
import {
  auth,
  fleetOf,
  notes,
  people,
  registry,
  scopes,
  trusting,
  user,
} from '../../../test/fleet.js';
import { Fleet } from './fleet.js';

const keys = (...args: Parameters<typeof fleetOf>) => checkFleet(fleetOf(...args)).map(keyOf);
const calling = (change: Partial<DeclaredCall>): AccessMapDocument => ({
  ...notes,
  calls: notes.calls.map((call) => ({ ...call, ...change })),
});
const granting = (...clients: object[]) => ({
  ...registry,
  clients: [...registry.clients, ...clients],
});
const byExchange = calling({
  asSubject: [{ grant: 'token-exchange', issuer: auth, client: 'notes', forUsers: true }],
});
const notesClient = { id: 'notes', service: 'notes' };
const edge = { source: 'notes', target: 'people', scopes: ['people:read'] };
const withRoutes = (
  map: AccessMapDocument,
  ...rules: AccessMapDocument['routes'][number]['rule'][]
) => ({
  ...map,
  routes: [
    ...map.routes,
    ...rules.map((rule, at) => ({ ...map.routes[0]!, path: `/more-${at}`, rule })),
  ],
});

describe('checkFleet', () => {
  it('finds nothing where everything can work and is needed', () => {
    expect(checkFleet(fleetOf())).toEqual([]);
  });

  it('finds a scope that routes demand and nobody holds', () => {
    const rule = {
      access: 'protected',
      audience: 'notes',
      require: [scopes('notes:purge')],
    } as const;
    const findings = checkFleet(fleetOf([withRoutes(notes, rule), people]));
    expect(findings.map(keyOf)).toEqual(['scope-nobody-holds: notes notes:purge']);
    expect(findings[0]?.fix).toContain('countersign grant add <client> notes --scope notes:purge');
  });

  it('finds a grant that has ended as one that nobody holds', () => {
    const [web] = registry.clients;
    const ended = web!.grants.map((grant) => ({ ...grant, expires: '1970-01-01T00:00:01Z' }));
    expect(keys(undefined, { ...registry, clients: [{ ...web, grants: ended }] })).toContain(
      'scope-nobody-holds: notes notes:write',
    );
  });

  it('finds a route whose callers nobody is', () => {
    const rule = {
      access: 'protected',
      audience: 'notes',
      require: [{ kind: 'callers', names: ['billing'] }, scopes('notes:write')],
    } as const;
    expect(keys([withRoutes(notes, rule), people])).toEqual([
      'route-nobody-reaches: notes POST /more-0',
    ]);
  });

  it('finds what was granted, may be asserted or exchanged, and no route demands', () => {
    const [web] = registry.clients;
    const grants = [{ ...web!.grants[0], scopes: ['notes:write', 'notes:old'] }];
    const other = { ...edge, scopes: ['people:read', 'people:old'] };
    const found = keys(
      [byExchange, trusting(people, 'notes', { mayAssert: ['people:read', 'people:older'] })],
      {
        ...registry,
        clients: [
          { ...web, grants },
          { ...notesClient, onBehalfOf: [other] },
        ],
      },
    );
    expect(found).toEqual([
      'grant-nobody-needs: notes may assert people:older at people',
      'grant-nobody-needs: notes may exchange notes for people with people:old',
      'grant-nobody-needs: web-1 may ask notes for notes:old',
      'grant-nobody-uses: people trusts what notes signs',
    ]);
  });

  it('finds rights of a service that no call it declares uses', () => {
    const grants = [{ service: 'people', scopes: ['people:read'] }];
    expect(keys(undefined, granting({ ...notesClient, grants, onBehalfOf: [edge] }))).toEqual([
      'grant-nobody-uses: notes is granted rights at people',
      'grant-nobody-uses: notes may exchange notes for people',
    ]);
  });

  it('finds scopes asked for that the target does not define', () => {
    expect(keys([calling({ scopes: ['people:raed'] }), people])).toEqual([
      'call-cannot-succeed: notes calls people as a user by self-issued',
      'scope-undefined: notes asks people for people:raed',
    ]);
  });

  it.each<[string, AccessMapDocument[], RegExp, RegExp]>([
    [
      'whom the target does not trust',
      [notes, trusting(people, 'notes', undefined)],
      /does not trust https:\/\/notes\.example\//,
      /servicePeer\('notes'/,
    ],
    [
      'who may not assert the scope',
      [notes, trusting(people, 'notes', { mayAssert: [] })],
      /may not assert people:read/,
      /mayAssert of the trust entry 'notes' in people/,
    ],
    [
      'who may speak for no user',
      [notes, trusting(people, 'notes', { subjects: [] })],
      /may speak for no user/,
      /subjects of the trust entry/,
    ],
    [
      'whose token is sent where nobody looks',
      [notes, trusting(people, 'notes', { carrier: 'Bearer' })],
      /as JWT.*looks for it in Bearer/,
      /carrier: 'Bearer'/,
    ],
    [
      'whose tokens are bound to nothing',
      [notes, trusting(people, 'notes', { bound: 'body' })],
      /must be signed for the body/,
      /bound: true of clients\.people in notes/,
    ],
    [
      'who calls as itself where users are demanded',
      [calling({ asSubject: undefined!, asSelf: notes.calls[0]!.asSubject! }), people],
      /PRINCIPAL_KIND_FORBIDDEN/,
      /countersign map shows the rules/,
    ],
    [
      'who is not in @Callers',
      [
        notes,
        {
          ...people,
          routes: withRoutes(
            { ...people, routes: [people.routes[0]!] },
            {
              access: 'protected',
              audience: 'people',
              require: [user, scopes('people:read'), { kind: 'callers', names: ['web'] }],
            },
          ).routes.slice(1),
        },
      ],
      /CALLER_FORBIDDEN, expected \["web"\]/,
      /change the rule/,
    ],
  ])('finds a call of somebody %s', (_, maps, message, fix) => {
    const finding = checkFleet(fleetOf(maps)).find(({ code }) => code === 'call-cannot-succeed');
    expect(finding?.message).toMatch(message);
    expect(finding?.fix).toMatch(fix);
  });

  it.each<[string, object, RegExp, RegExp]>([
    ['without a client', registry, /knows no client notes/, /^countersign client add notes$/],
    [
      'without an edge',
      granting(notesClient),
      /no edge/,
      /^countersign edge add notes notes people --scope people:read$/,
    ],
    [
      'with too narrow an edge',
      granting({ ...notesClient, onBehalfOf: [{ ...edge, scopes: ['people:other'] }] }),
      /not granted people:read/,
      /--replace --scope people:other,people:read$/,
    ],
  ])('finds an exchange %s', (_, granted, message, fix) => {
    const findings = checkFleet(fleetOf([byExchange, people], granted));
    const finding = findings.find(({ code }) => code === 'call-cannot-succeed');
    expect(finding?.message).toMatch(message);
    expect(finding?.fix).toMatch(fix);
  });

  it('finds nothing wrong with an exchange that has its edge', () => {
    const maps = [byExchange, trusting(people, 'notes', undefined)];
    expect(keys(maps, granting({ ...notesClient, onBehalfOf: [edge] }))).toEqual([]);
  });

  it('says nothing of grants where nobody told of them', () => {
    expect(
      checkFleet(new Fleet([byExchange, trusting(people, 'notes', undefined)], undefined)),
    ).toEqual([]);
  });

  it('refuses two maps of one service', () => {
    expect(() => fleetOf([notes, notes])).toThrow('two access maps are of the service notes');
  });
});

describe('withoutAccepted', () => {
  it('leaves what is accepted out, and finds what need not be accepted any more', () => {
    const findings = checkFleet(fleetOf([notes, trusting(people, 'notes', undefined)]));
    const [first, ...rest] = findings;
    const accepted = [
      { finding: keyOf(first!), reason: 'next week' },
      { finding: 'scope-nobody-holds: gone', reason: 'once' },
    ];
    const left = withoutAccepted(findings, accepted);
    expect(left.slice(0, -1)).toEqual(rest);
    expect(left.at(-1)).toMatchObject({ code: 'baseline-without-need' });
  });
});
