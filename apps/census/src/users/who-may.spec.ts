import {
  mayAdminister,
  mayChange,
  maySee,
  membersToChange,
  visibleTo,
  type Actor,
  type Member,
  type Person,
  type Visible,
} from './who-may.js';

const member = (id: number, team: string): Person => ({ id, team, role: 'member' });
const ada = member(21, 'blue');
const bob = member(42, 'blue');
const eve = member(7, 'green');
const shouting = member(8, 'Blue');
const root: Person = { id: 1, team: 'green', role: 'administrator' };

const all: readonly Member[] = ['name', 'email', 'team', 'role'];
const own: readonly Member[] = ['name', 'email'];
const yes = 'allowed';

/** Who, towards whom; sees, changes, and which members. */
const table: readonly [
  string,
  string,
  Actor | undefined,
  Person | undefined,
  string,
  string,
  readonly Member[],
][] = [
  ['a member', 'oneself', ada, ada, yes, yes, own],
  ['a member', 'one of the team', ada, bob, yes, 'not_changeable', []],
  ['a member', 'one of another team', ada, eve, 'not_visible', 'not_visible', []],
  ['a member', 'one of a team spelt otherwise', ada, shouting, 'not_visible', 'not_visible', []],
  ['a member', 'an administrator elsewhere', ada, root, 'not_visible', 'not_visible', []],
  ['a member', 'an administrator of the team', eve, root, yes, 'not_changeable', []],
  ['a member', 'nobody', ada, undefined, 'not_visible', 'not_visible', []],
  ['an administrator', 'oneself', root, root, yes, yes, all],
  ['an administrator', 'anybody', root, ada, yes, yes, all],
  ['an administrator', 'nobody', root, undefined, yes, yes, []],
  ['a service', 'anybody', 'service', ada, yes, yes, all],
  ['a service', 'nobody', 'service', undefined, yes, yes, []],
  ['a missing user', 'anybody', undefined, ada, 'unknown_subject', 'unknown_subject', []],
  ['a missing user', 'nobody', undefined, undefined, 'unknown_subject', 'unknown_subject', []],
];

const said = ({ allowed, reason }: { allowed: boolean; reason?: string }) =>
  allowed ? yes : reason;

describe('who may: whether', () => {
  it.each(table)('%s sees %s', (_who, _whom, actor, target, sees) => {
    expect(said(maySee(actor, target))).toBe(sees);
  });

  it.each(table)('%s changes %s', (_who, _whom, actor, target, _sees, changes, members) => {
    expect(said(mayChange(actor, target))).toBe(changes);
    expect(membersToChange(actor, target)).toEqual(members);
  });

  it.each<[string, Actor | undefined, string, Visible]>([
    ['a member', ada, 'not_administrator', { team: 'blue' }],
    ['an administrator', root, yes, 'everybody'],
    ['a service', 'service', yes, 'everybody'],
    ['a missing user', undefined, 'unknown_subject', 'nobody'],
  ])('create, delete and list: %s', (_, actor, administers, visible) => {
    expect(said(mayAdminister(actor))).toBe(administers);
    expect(visibleTo(actor)).toEqual(visible);
  });

  it('lists exactly those whom it shows one by one', () => {
    const people = [ada, bob, eve, shouting, root];
    for (const actor of people) {
      const visible = visibleTo(actor);
      const isListed = ({ team }: Person) =>
        visible === 'everybody' || (visible !== 'nobody' && visible.team === team);
      expect(people.filter(isListed)).toEqual(
        people.filter((target) => maySee(actor, target).allowed),
      );
    }
  });
});
