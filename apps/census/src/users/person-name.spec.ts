import { nameProblem } from './person-name.js';

describe('nameProblem', () => {
  it.each([
    'Ada',
    "Seán O'Brien-Łukasz",
    'José',
    'Иван Иванов',
    'Ελένη',
    '山田 太郎',
    'नरेंद्र',
    'می‌خواهم',
    'Ada (Лондон)',
    '<b>Bob</b>',
    '{{name}}',
    'R2',
    '🙂',
    'x'.repeat(200),
    '🙂'.repeat(200),
  ])('accepts %j', (name) => {
    expect(nameProblem(name)).toBeUndefined();
  });

  it.each([
    ['', 'nothing visible'],
    ['\u200d', 'nothing visible'],
    [' ', 'nothing visible'],
    ['Ada\r\nBcc: eve@evil.example', 'control'],
    ['Ada\0', 'control'],
    ['Ada\u202eevE', 'invisible'],
    ['Ada\u200bLovelace', 'invisible'],
    ['Ada\u2028Lovelace', 'invisible'],
    ['\ufeffAda', 'invisible'],
    ['Ada\ue000', 'invisible'],
    ['\ud800', 'invisible'],
    ['\u{e0041}', 'invisible'],
    ['Z\u0334\u0335\u0336\u0337\u0338', 'piles up'],
    ['Аda', 'look alike'],
    ['Bοb', 'look alike'],
    ['Nora Вlue', 'look alike'],
    ['x'.repeat(201), 'more than 200'],
    ['x'.repeat(1_000_000), 'more than 200'],
  ])('refuses %.40j: %s', (name, problem) => {
    expect(nameProblem(name)).toContain(problem);
  });
});
