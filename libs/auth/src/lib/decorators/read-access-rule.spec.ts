import 'reflect-metadata';
import { applyDecorators } from '@nestjs/common';

import type { AccessPolicy } from './access-policy.js';
import { allow } from './access-policy.js';
import {
  Access,
  AnyScope,
  Audience,
  Authenticated,
  BodyBound,
  Callers,
  OnBehalfOf,
  OptionalAuth,
  Public,
  RequestBound,
  RequireUser,
  Scopes,
  ServiceOnly,
  SenderConstrained,
  SingleUse,
} from './access.decorator.js';
import { readAccessRule } from './read-access-rule.js';
import {
  allOf,
  anyOf,
  anyScope,
  callers,
  onBehalfOf,
  scopes,
  serviceOnly,
} from './requirements.js';

class SameUser implements AccessPolicy<{ param: string }> {
  evaluate() {
    return allow();
  }
}
class Anybody implements AccessPolicy {
  evaluate() {
    return allow();
  }
}

const read = (controller: object, handler: object) => {
  const declared = readAccessRule(controller, handler);
  return 'problem' in declared ? declared.problem : declared.rule;
};
const user = { kind: 'subject', subject: 'user' };

describe('readAccessRule', () => {
  @Audience('census')
  @Callers('herald')
  class Guarded {
    @Scopes('users:read', 'users:list')
    narrowed() {}

    @AnyScope('a', 'b')
    @RequireUser()
    several() {}

    @Audience('admin')
    @ServiceOnly()
    elsewhere() {}

    @Public({ reason: 'probe' })
    open() {}

    @Public({ reason: 'probe' })
    @Scopes('x')
    contradictory() {}

    bare() {}

    @Scopes('users:read')
    @OnBehalfOf(SameUser, { param: 'id' })
    owned() {}

    @OnBehalfOf(Anybody)
    anybody() {}
  }
  const of = (method: keyof Guarded) => read(Guarded, Guarded.prototype[method]);

  it('ANDs what class and method demand', () => {
    expect(of('narrowed')).toEqual({
      access: 'protected',
      audience: 'census',
      require: [
        { kind: 'callers', names: ['herald'] },
        { kind: 'scopes', match: 'all', scopes: ['users:read', 'users:list'] },
      ],
    });
    expect(of('several')).toMatchObject({
      require: [{ kind: 'callers' }, user, { kind: 'scopes', match: 'any', scopes: ['a', 'b'] }],
    });
  });

  it('lets a method replace the audience, not the requirements', () => {
    expect(of('elsewhere')).toEqual({
      access: 'protected',
      audience: 'admin',
      require: [
        { kind: 'callers', names: ['herald'] },
        { kind: 'subject', subject: 'none' },
      ],
    });
  });

  it('uses the rule of the class where the method declares nothing', () => {
    expect(of('bare')).toMatchObject({ require: [{ kind: 'callers', names: ['herald'] }] });
  });

  it('opens a route only by @Public on the method', () => {
    expect(of('open')).toEqual({ access: 'public', reason: 'probe' });
  });

  it('refuses @Public beside requirements on the same method', () => {
    expect(of('contradictory')).toMatch(/method declares @Public\(\) and requirements/);
  });

  it('asks for a user and the policy, as data, with @OnBehalfOf', () => {
    expect(of('owned')).toMatchObject({
      require: [
        { kind: 'callers' },
        user,
        { kind: 'policy', policy: 'SameUser', options: { param: 'id' } },
        { kind: 'scopes' },
      ],
    });
    expect(of('anybody')).toMatchObject({
      require: [{ kind: 'callers' }, user, { kind: 'policy', policy: 'Anybody', options: null }],
    });
  });

  it('names the policy classes beside the rule', () => {
    expect(readAccessRule(Guarded, Guarded.prototype.owned)).toMatchObject({
      policies: [SameUser],
    });
  });

  it('survives JSON', () => {
    const rule = of('owned');
    expect(JSON.parse(JSON.stringify(rule))).toEqual(rule);
  });

  describe('on a public class', () => {
    @Public({ reason: 'documents' })
    @Audience('census')
    class Open {
      plain() {}

      @Scopes('x')
      guarded() {}
    }

    it('opens methods that declare nothing', () => {
      expect(read(Open, Open.prototype.plain)).toEqual({ access: 'public', reason: 'documents' });
    });

    it('guards a method that demands something', () => {
      expect(read(Open, Open.prototype.guarded)).toMatchObject({ access: 'protected' });
    });
  });

  describe('reports a problem', () => {
    @Audience('census')
    class OnlyAudience {
      plain() {}
    }
    class Nothing {
      plain() {}

      @Scopes('x')
      homeless() {}

      @Audience('a')
      @Audience('b')
      @Scopes('x')
      torn() {}
    }
    @Public({ reason: 'x' })
    @Authenticated()
    class Both {
      plain() {}
    }

    it.each([
      ['no declaration at all', Nothing, Nothing.prototype.plain, 'declares no rule'],
      ['an audience alone', OnlyAudience, OnlyAudience.prototype.plain, 'declares no rule'],
      ['scopes without audience', Nothing, Nothing.prototype.homeless, 'declares no @Audience()'],
      [
        'two audiences on one method',
        Nothing,
        Nothing.prototype.torn,
        'the method declares more than one @Audience()',
      ],
      ['a class both public and guarded', Both, Both.prototype.plain, 'the class declares @Public'],
    ])('for %s', (_, controller, handler, problem) => {
      expect(read(controller, handler)).toContain(problem);
    });
  });

  describe('makes a token optional', () => {
    @Audience('census')
    @OptionalAuth()
    class Optional {
      plain() {}

      @Scopes('x')
      narrowed() {}

      @SingleUse()
      proven() {}

      @Public({ reason: 'probe' })
      open() {}
    }
    @Public({ reason: 'pages' })
    class Open {
      @Audience('census')
      @OptionalAuth()
      narrowed() {}

      @OptionalAuth()
      homeless() {}

      @Public({ reason: 'probe' })
      @OptionalAuth()
      torn() {}

      @OptionalAuth()
      @Authenticated()
      contradictory() {}

      @OptionalAuth()
      @BodyBound()
      unprovable() {}
    }
    @Audience('census')
    @Authenticated()
    class Closed {
      @OptionalAuth()
      widened() {}
    }
    const optional = { access: 'protected', audience: 'census', require: [], optional: true };

    it('by a word on the class, for methods that demand nothing', () => {
      expect(read(Optional, Optional.prototype.plain)).toEqual(optional);
      expect(read(Optional, Optional.prototype.narrowed)).not.toHaveProperty('optional');
      expect(read(Optional, Optional.prototype.open)).toEqual({
        access: 'public',
        reason: 'probe',
      });
    });

    it('by a word on the method, which narrows a class that is open', () => {
      expect(read(Open, Open.prototype.narrowed)).toEqual(optional);
    });

    it.each([
      ['beside @Public', Open, Open.prototype.torn, '@Public() and @OptionalAuth() at once'],
      [
        'beside a demand',
        Open,
        Open.prototype.contradictory,
        'the method declares @OptionalAuth() and requirements at once',
      ],
      [
        'where a call would have to prove itself',
        Open,
        Open.prototype.unprovable,
        'the method declares @OptionalAuth() and requirements at once',
      ],
      [
        'where its class makes demands',
        Closed,
        Closed.prototype.widened,
        'declares @OptionalAuth(), but its class has requirements',
      ],
      ['for no audience', Open, Open.prototype.homeless, 'declares no @Audience()'],
      [
        'on the class of a method that only wants proof',
        Optional,
        Optional.prototype.proven,
        'says how a call proves itself, but not who may call',
      ],
    ])('not %s', (_, controller, handler, problem) => {
      expect(read(controller, handler)).toContain(problem);
    });
  });

  it('takes any trusted caller, on purpose, with @Authenticated', () => {
    @Audience('census')
    @Authenticated()
    class Known {
      any() {}
    }
    expect(read(Known, Known.prototype.any)).toEqual({
      access: 'protected',
      audience: 'census',
      require: [],
    });
  });

  it('inherits the rule of a base class without changing it', () => {
    @Scopes('more')
    class Derived extends Guarded {}
    expect(read(Derived, Derived.prototype.bare)).toMatchObject({
      require: [{ kind: 'callers' }, { kind: 'scopes', scopes: ['more'] }],
    });
    expect(of('bare')).toMatchObject({ require: [{ kind: 'callers' }] });
  });

  it('keeps alternatives, and composes by applyDecorators', () => {
    const ReadUsers = () =>
      applyDecorators(
        Audience('census'),
        Access(
          anyOf(
            allOf(scopes('users:read'), onBehalfOf(SameUser, { param: 'id' })),
            allOf(anyScope('users:read:any'), serviceOnly(), callers('herald')),
          ),
        ),
      );
    class Composed {
      @ReadUsers()
      one() {}
    }
    const declared = readAccessRule(Composed, Composed.prototype.one);
    expect(declared).toMatchObject({
      policies: [SameUser],
      rule: { require: [{ kind: 'anyOf', of: [{ kind: 'allOf' }, { kind: 'allOf' }] }] },
    });
  });
});

describe('the words of a rule', () => {
  it.each([
    ['scopes', () => Scopes()],
    ['anyScope', () => AnyScope('')],
    ['callers', () => Callers()],
    ['anyOf', () => anyOf()],
    ['allOf', () => allOf()],
    ['@Public', () => Public({ reason: ' ' })],
  ])('%s refuses to say nothing', (_, build) => {
    expect(build).toThrow(TypeError);
  });
});

describe('what a call has to prove', () => {
  @Audience('census')
  @Authenticated()
  @BodyBound()
  class Bound {
    byClass() {}

    @RequestBound()
    whole() {}

    @SingleUse()
    @BodyBound()
    once() {}

    @SenderConstrained()
    held() {}

    @Public({ reason: 'probe' })
    open() {}

    @Public({ reason: 'probe' })
    @BodyBound()
    contradictory() {}
  }
  @RequestBound()
  class Whole {
    @BodyBound()
    @Audience('census')
    @Authenticated()
    narrower() {}

    @Audience('census')
    nobody() {}
  }
  @Public({ reason: 'probe' })
  @Audience('census')
  class Open {
    @SingleUse()
    once() {}

    @SenderConstrained()
    held() {}

    @SingleUse()
    @Authenticated()
    narrowed() {}
  }
  const rule = { access: 'protected', audience: 'census', require: [] };
  const unnamed =
    'says how a call proves itself, but not who may call: add @Scopes(), @Authenticated() ...';

  it.each([
    ['a class says it', Bound, Bound.prototype.byClass, { ...rule, bound: 'body' }],
    ['a method wants more', Bound, Bound.prototype.whole, { ...rule, bound: 'request' }],
    ['both say it', Bound, Bound.prototype.once, { ...rule, bound: 'body', singleUse: true }],
    [
      'a method wants a sender who shows a key',
      Bound,
      Bound.prototype.held,
      { ...rule, bound: 'body', senderConstrained: true },
    ],
    ['a method wants less', Whole, Whole.prototype.narrower, { ...rule, bound: 'request' }],
    ['its class is open', Open, Open.prototype.narrowed, { ...rule, singleUse: true }],
  ])('is part of the rule when %s', (_name, controller, handler, expected) => {
    expect(read(controller, handler)).toEqual(expected);
    expect(JSON.parse(JSON.stringify(expected))).toEqual(expected);
  });

  it('is nothing where the method is open on purpose', () => {
    expect(read(Bound, Bound.prototype.open)).toEqual({ access: 'public', reason: 'probe' });
  });

  it.each([
    ['and open', Bound, Bound.prototype.contradictory, /@Public\(\) and requirements at once/],
    ['of nobody', Whole, Whole.prototype.nobody, unnamed],
    ['under an open class, of nobody', Open, Open.prototype.once, unnamed],
    ['for a key, of nobody', Open, Open.prototype.held, unnamed],
  ])('stops the boot when it is asked %s', (_name, controller, handler, problem) => {
    expect(read(controller, handler)).toEqual(
      typeof problem === 'string' ? problem : expect.stringMatching(problem),
    );
  });
});
