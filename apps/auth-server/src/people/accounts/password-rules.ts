/**
 * Rules for new passwords, after NIST SP 800-63B section 3.1.1.2: long enough, not among those that
 * are guessed first, nothing about which characters.
 */

/** Characters (code points) of a new password, at least and at most. */
export const passwordLength = { least: 12, most: 256 } as const;

/** Of twelve characters or more, and guessed first; in lower case. */
const common = new Set(
  `123456789012 1234567890123 12345678901234 123456789123 1234567891011 123123123123 112233445566
  111222333444 123qweasdzxc 1q2w3e4r5t6y 1q2w3e4r5t6y7u 1q2w3e4r5t6y7u8i 1qaz2wsx3edc
  1qaz2wsx3edc4rfv q1w2e3r4t5y6 qazwsxedcrfv qwerty123456 qwertyuiop12 qwertyuiop123
  qwertyuiop[] qwertyuiopasdf qwertyuiopasdfghjkl asdfghjkl123 zxcvbnmasdfghjkl password1234
  password12345 password123456 passwordpassword password!234 passw0rd1234 p@ssw0rd1234 p@ssword1234
  changeme1234 changemeplease letmein12345 letmeinplease welcome12345 welcome123456 welcometohell
  administrator administrator1 admin1234567 adminadminadmin iloveyou1234 iloveyouforever
  correcthorsebatterystaple trustno1trustno1 monkeymonkey dragondragon superman1234 football1234
  baseball1234 sunshine1234 princess1234 abcdefghijkl abcdefghijklm abcdefghijklmnop abcd1234efgh
  abc123abc123 aa1234567890 unbelievable manchesterunited manchester123 liverpoolfc1 thisismypassword
  mypassword123 yourpassword secretpassword defaultpassword temporarypassword`.split(/\s+/),
);

/** Names of ours, which anybody would try. */
const ours = ['countersign'];

/** Why a new password is refused. */
export type PasswordProblem = 'too-short' | 'too-long' | 'common' | 'personal';

/**
 * What is wrong with a new password; undefined if it may be taken.
 * @param about Words of the person's own, such as address and name.
 */
export function passwordProblem(
  password: string,
  about: readonly string[],
): PasswordProblem | undefined {
  const plain = password.normalize('NFKC');
  const { length } = [...plain];
  if (length < passwordLength.least) return 'too-short';
  if (length > passwordLength.most) return 'too-long';
  const lower = plain.toLowerCase();
  if (common.has(lower) || isMonotonous(lower)) return 'common';
  return isMadeOf(lower, [...about, ...ours]) ? 'personal' : undefined;
}

/** Few different characters, or a row of neighbours such as `abcdefghijkl`. */
function isMonotonous(text: string): boolean {
  if (new Set(text).size < 4) return true;
  const codes = [...text].map((character) => character.codePointAt(0) ?? 0);
  return [1, -1].some((step) =>
    codes.every((code, at) => at === 0 || code - (codes[at - 1] ?? 0) === step),
  );
}

/** Whether little is left of it without those words. */
function isMadeOf(text: string, words: readonly string[]): boolean {
  const parts = words
    .flatMap((word) => [word, ...word.split(/[^\p{L}\p{N}]+/u)])
    .map((word) => word.toLowerCase())
    .filter((word) => word.length >= 3)
    .sort((a, b) => b.length - a.length);
  const rest = parts.reduce((left, part) => left.replaceAll(part, ''), text);
  return rest !== text && [...rest].length < passwordLength.least / 2;
}
