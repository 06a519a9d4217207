import { testClock } from '@countersign/testing';
import type { Session } from 'fastify';

import { LoginSession } from '../src/session/login-session.js';
import { SessionStore } from '../src/session/session-store.js';

const clock = testClock();
const sessionOf = (user: number): Session => {
  const uri = `https://census.example/user/${user}/`;
  const tokens = { accessToken: 'a', refreshToken: 'r', expiresAt: clock.now() + 300 };
  const login = new LoginSession({
    user: { uri, name: 'Somebody' },
    tokens,
    clock,
    endsAt: clock.now() + 3600,
    renew: () => Promise.resolve(tokens),
  });
  return { login } as Session;
};
const set = (store: SessionStore, id: string, session: Session) =>
  store.set(id, session, () => undefined);
const isKept = (store: SessionStore, id: string): boolean => {
  let found: Session | null | undefined;
  store.get(id, (_, session) => (found = session));
  return Boolean(found);
};

describe('SessionStore', () => {
  it('keeps nothing of nobody', () => {
    const store = new SessionStore({ clock, idle: 60 });
    set(store, 'a', {} as Session);
    expect(store.size).toBe(0);
  });

  it('drops the longest unused one when it is full', () => {
    const store = new SessionStore({ clock, idle: 60, capacity: 2 });
    const first = sessionOf(1);
    set(store, '1', first);
    set(store, '2', sessionOf(2));
    set(store, '1', first);
    set(store, '3', sessionOf(3));
    expect(['1', '2', '3'].map((id) => isKept(store, id))).toEqual([true, false, true]);
  });

  it('makes room for a user among their own sessions only', () => {
    const store = new SessionStore({ clock, idle: 60, perUser: 2 });
    set(store, 'other', sessionOf(7));
    for (const id of ['a', 'b', 'c']) set(store, id, sessionOf(42));
    const ids = ['other', 'a', 'b', 'c'];
    expect(ids.map((id) => isKept(store, id))).toEqual([true, false, true, true]);
  });

  it('lets go of what has ended when the next one comes', () => {
    const store = new SessionStore({ clock, idle: 60 });
    set(store, 'a', sessionOf(1));
    clock.advance('61s');
    set(store, 'b', sessionOf(2));
    expect(store.size).toBe(1);
  });

  it('takes no session back that was ended by another request', () => {
    const store = new SessionStore({ clock, idle: 60 });
    const session = sessionOf(1);
    set(store, 'a', session);
    store.destroy('a', () => undefined);
    set(store, 'a', session);
    expect(isKept(store, 'a')).toBe(false);
  });

  it('has no token in what is written or inspected of a session', () => {
    const session = sessionOf(1);
    expect(JSON.stringify(session)).not.toMatch(/accessToken|refreshToken/);
    expect(Object.keys(session.login ?? {}).sort()).toEqual(['endsAt', 'formToken', 'user']);
  });
});
