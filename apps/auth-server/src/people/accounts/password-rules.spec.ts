import { passwordProblem } from './password-rules.js';

const about = ['ada.lovelace@example.com', 'Ada Lovelace'];

describe('passwordProblem', () => {
  it.each([
    'a lamp in the harbour',
    'xK9#mQ2$vL7!',
    'ünïcödé wörds',
    '🙂🙃🙂😀😃😄😁😆😅😂🤣😊',
    'with lovelace and eleven more words',
    ' leading and trailing ',
    'x'.repeat(250) + 'abcdef',
  ])('takes %s', (password) => {
    expect(passwordProblem(password, about)).toBeUndefined();
  });

  it.each([
    ['', 'too-short'],
    ['elevenchars', 'too-short'],
    // Eleven characters, in whatever encoding.
    ['🙂🙃🙂😀😃😄😁😆😅😂🤣', 'too-short'],
    [`${'ab cd '.repeat(43)}`, 'too-long'],
    ['password1234', 'common'],
    ['PassWord1234', 'common'],
    ['１２３４５６７８９０１２', 'common'],
    ['aaaaaaaaaaaaaaaa', 'common'],
    ['abababababababab', 'common'],
    ['abcdefghijklmnopqr', 'common'],
    ['zyxwvutsrqponmlk', 'common'],
    ['ada.lovelace@example.com', 'personal'],
    ['lovelace12345', 'personal'],
    ['AdaLovelace2026', 'personal'],
    ['countersign!1', 'personal'],
  ])('refuses %s as %s', (password, problem) => {
    expect(passwordProblem(password, about)).toBe(problem);
  });
});
