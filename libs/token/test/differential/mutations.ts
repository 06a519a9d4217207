/** One way each of making a token from a good one that should perhaps not be accepted any more. */
import { now } from '../builders.js';
import { encryptedText } from './encrypted-text.js';
import { characters, namesOfClaims, namesOfHeader, oddValues, telling } from './odd-texts.js';
import type { Random } from './random.js';
import {
  confused,
  encoded,
  pairs,
  printed,
  publicSpellings,
  signed,
  stranger,
  tokenOf,
  type Draft,
  type Member,
} from './signed-text.js';

type Mutation = (draft: Draft, random: Random) => string | Promise<string>;

/** Replaces, puts in or takes out something at one place. */
function edited(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const put = random.below(4) === 0 ? '' : random.pick(characters);
  return text.slice(0, at) + put + text.slice(at + random.below(2));
}

function flipped(bytes: Buffer, random: Random): Buffer {
  const other = Buffer.from(bytes);
  const at = random.below(other.length * 8);
  other[at >> 3] = (other[at >> 3] as number) ^ (1 << (at & 7));
  return other;
}

/** Changes, repeats, adds or drops a member, or moves one to the end. */
function withOtherMember(
  members: readonly Member[],
  names: readonly string[],
  random: Random,
): readonly Member[] {
  const value = random.pick(random.below(2) === 0 ? oddValues : telling);
  const at = random.below(Math.max(members.length, 1));
  const member = members[at];
  if (member === undefined) return [[random.pick(names), value]];
  const [name] = member;
  const others = members.filter((_, index) => index !== at);
  switch (random.below(6)) {
    case 0:
      return others;
    case 1:
      return [...members, [name, value]];
    case 2:
      return [[name, value], ...members];
    case 3:
      return [...members, [random.pick(names), value]];
    case 4:
      return [...others, member];
    default:
      return members.with(at, [name, value]);
  }
}

const withClaim: Mutation = (draft, random) =>
  tokenOf({ ...draft, claims: withOtherMember(draft.claims, namesOfClaims, random) });

const withHeader: Mutation = (draft, random) =>
  tokenOf({ ...draft, header: withOtherMember(draft.header, namesOfHeader, random) });

/** Close to where times begin and cease to hold, all of them at once. */
const times: Mutation = (draft, random) => {
  const around = (...places: readonly number[]): string =>
    JSON.stringify(now + random.pick(places) + random.below(5) - 2);
  const timeOf: Readonly<Record<string, string>> = {
    '"iat"': around(-3610, -3600, -300, -10, 0, 10),
    '"exp"': around(-10, 0, 10, 3590, 3600),
  };
  const claims = draft.claims.map(([name, value]): Member => [name, timeOf[name] ?? value]);
  const nbf: readonly Member[] = random.below(2) === 0 ? [] : [['"nbf"', around(-10, 0, 10)]];
  return tokenOf({ ...draft, claims: [...claims, ...nbf] });
};

const textEdit: Mutation = ({ header, claims, key }, random) =>
  random.below(3) === 0
    ? signed(edited(printed(header), random), printed(claims), key)
    : signed(printed(header), edited(printed(claims), random), key);

const byteFlip: Mutation = ({ header, claims, key }, random) =>
  signed(printed(header), flipped(Buffer.from(printed(claims)), random), key);

const prefix: Mutation = ({ header, claims, key }, random) => {
  const mark = random.pick(['\ufeff', ' ', '\n', '\u0000', '\u00a0', '/**/', '\u2028']);
  const [before, after] = random.below(2) === 0 ? [mark, ''] : ['', mark];
  const texts = [printed(header), printed(claims)] as const;
  return random.below(3) === 0
    ? signed(before + texts[0] + after, texts[1], key)
    : signed(texts[0], before + texts[1] + after, key);
};

const character: Mutation = (draft, random) => edited(tokenOf(draft), random);

const bit: Mutation = (draft, random) => {
  const parts = tokenOf(draft).split('.');
  const at = random.below(3);
  const bytes = flipped(Buffer.from(parts[at] as string, 'base64url'), random);
  return parts.with(at, bytes.toString('base64url')).join('.');
};

/** Another last character of a part: often one of the same bytes. */
const unusedBits: Mutation = (draft, random) => {
  const parts = tokenOf(draft).split('.');
  const at = random.below(3);
  return parts
    .with(at, `${(parts[at] as string).slice(0, -1)}${random.pick(characters)}`)
    .join('.');
};

const segments: Mutation = (draft, random) => {
  const parts = tokenOf(draft).split('.');
  const others = tokenOf({ ...draft, claims: [...draft.claims, ['"n"', '1']] }).split('.');
  const forms = [
    [parts[0], others[1], parts[2]],
    [others[0], parts[1], others[2]],
    [parts[1], parts[0], parts[2]],
    [parts[0], parts[2], parts[1]],
    [parts[0], parts[1]],
    [parts[0], parts[1], ''],
    [parts[0], '', parts[2]],
    ['', ...parts.slice(1)],
    [...parts, parts[2]],
    [...parts, '', ''],
    [...parts, ...others],
  ];
  return random.pick(forms).join('.');
};

const padding: Mutation = (draft, random) =>
  tokenOf(draft)
    .split('.')
    .map((part) => part + random.pick(['', '=', '==', ' ', '\n']))
    .join('.');

const otherKey: Mutation = ({ header, claims }, random) =>
  tokenOf({ header, claims, key: random.pick([...pairs, stranger]) });

const otherAlgorithm: Mutation = ({ header, claims, key }, random) => {
  const alg = random.pick(['"none"', '"None"', '""', 'null', '"PS256"', '"RS512"', '["ES256"]']);
  const changed = header.map(([name, value]): Member => [name, name === '"alg"' ? alg : value]);
  const token = tokenOf({ header: changed, claims, key });
  return random.below(3) === 0 ? token.replace(/[^.]*$/, '') : token;
};

const keyConfusion: Mutation = ({ header, claims, key }, random) => {
  const changed = header.map(([name, value]): Member => [
    name,
    name === '"alg"' ? '"HS256"' : value,
  ]);
  return confused(printed(changed), printed(claims), random.pick(publicSpellings(key)));
};

const ownKey: Mutation = ({ header, claims }) => {
  const jwk = JSON.stringify(stranger.publicKey.export({ format: 'jwk' }));
  return tokenOf({ header: [...header, ['"jwk"', jwk]], claims, key: stranger });
};

/** Unsigned: a claims set that its signature does not cover any more. */
const forged: Mutation = (draft, random) => {
  const [header, , signature] = tokenOf(draft).split('.');
  const claims = printed(withOtherMember(draft.claims, namesOfClaims, random));
  return [header, encoded(claims), signature].join('.');
};

/** As many mutations of these kinds as chance wants, one over the other. */
const several: Mutation = (draft, random) => {
  let { header, claims } = draft;
  for (let left = 2 + random.below(3); left > 0; left--) {
    if (random.below(3) === 0) header = withOtherMember(header, namesOfHeader, random);
    else claims = withOtherMember(claims, namesOfClaims, random);
  }
  return tokenOf({ ...draft, header, claims });
};

const encryptedIntact: Mutation = (draft, random) => encryptedText(tokenOf(draft), random);

const encryptedEdited: Mutation = async (draft, random) =>
  edited(await encryptedText(tokenOf(draft), random), random);

const encryptedChanged: Mutation = async (draft, random) =>
  encryptedText(await withClaim(draft, random), random);

/** By name, for what is found; a kind that finds more stands here more than once. */
export const mutations: readonly (readonly [name: string, mutate: Mutation])[] = [
  ['none', tokenOf],
  ['a claim', withClaim],
  ['a claim', withClaim],
  ['a claim', withClaim],
  ['a header member', withHeader],
  ['a header member', withHeader],
  ['the times', times],
  ['several members', several],
  ['several members', several],
  ['the text that is signed', textEdit],
  ['the text that is signed', textEdit],
  ['the bytes that are signed', byteFlip],
  ['something around the text', prefix],
  ['a character', character],
  ['a bit', bit],
  ['unused bits', unusedBits],
  ['segments', segments],
  ['padding', padding],
  ['the key', otherKey],
  ['the algorithm', otherAlgorithm],
  ['a public key as secret', keyConfusion],
  ['a key in the header', ownKey],
  ['claims that nobody signed', forged],
  ['an encrypted token', encryptedIntact],
  ['an encrypted token, edited', encryptedEdited],
  ['the claims of an encrypted token', encryptedChanged],
];
