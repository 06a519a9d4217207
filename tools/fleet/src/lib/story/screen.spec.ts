import { createScreen, printable } from './screen.js';

const told = (isTTY: boolean, environment: Record<string, string> = {}) => {
  let text = '';
  const output = { isTTY, write: (more: string) => (text += more) };
  const screen = createScreen(output, environment);
  screen.step(1, 'begin');
  screen.facts([
    ['from', 'a'],
    ['longer', 'b'],
  ]);
  screen.quote('one\r\ntwo\n');
  screen.good('fine');
  screen.bad('not fine');
  return text;
};

describe('createScreen', () => {
  it('writes plain lines where nobody looks', () => {
    expect(told(false)).toBe(
      [
        '',
        '1  begin',
        '   from    a',
        '   longer  b',
        '   | one',
        '   | two',
        '   ok  fine',
        '   NOT OK  not fine',
        '',
      ].join('\n'),
    );
  });

  it('uses colour on a terminal, and none when NO_COLOR is set', () => {
    expect(told(true)).toContain('\u001B[32mok\u001B[0m');
    expect(told(true, { NO_COLOR: '1' })).toBe(told(false));
  });

  it('quotes at most forty lines', () => {
    let text = '';
    const screen = createScreen({ write: (more: string) => (text += more) }, {});
    screen.quote('line\n'.repeat(50));
    expect(text.match(/\| line/g)).toHaveLength(40);
    expect(text).toContain('| ...');
  });

  it('lets no fact and no quote steer the terminal', () => {
    let text = '';
    const screen = createScreen({ isTTY: false, write: (more: string) => (text += more) }, {});
    screen.facts([['name', 'a\u001B[2Jb']]);
    screen.quote('c\u009B31md\u0007');
    // eslint-disable-next-line no-control-regex -- what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u0080-\u009F]/);
  });
});

describe('printable', () => {
  it.each([
    ['an escape', '\u001B[31m'],
    ['a line break', 'a\nb'],
    ['a right-to-left override', '\u202Eabc'],
  ])('takes out %s', (_what, text) => {
    expect(printable(text)).toContain('\uFFFD');
    expect(printable(text)).not.toBe(text);
  });

  it('keeps words of any script', () => {
    expect(printable('Grüße, 世界')).toBe('Grüße, 世界');
  });
});
