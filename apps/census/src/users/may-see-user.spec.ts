import { maySeeUser, type Person } from './may-see-user.js';

const blue21: Person = { id: 21, team: 'blue' };
const blue42: Person = { id: 42, team: 'blue' };
const green7: Person = { id: 7, team: 'green' };
const shouting: Person = { id: 8, team: 'Blue' };

describe('maySeeUser', () => {
  it.each([
    ['oneself', blue21, blue21, { allowed: true }],
    ['a member of the same team', blue21, blue42, { allowed: true }],
    ['a member of another team', blue21, green7, { allowed: false, reason: 'not_visible' }],
    ['a team of other spelling', blue21, shouting, { allowed: false, reason: 'not_visible' }],
    ['somebody who is not there', blue21, undefined, { allowed: false, reason: 'not_visible' }],
    ['anybody, not existing', undefined, blue21, { allowed: false, reason: 'unknown_subject' }],
    ['nobody, not existing', undefined, undefined, { allowed: false, reason: 'unknown_subject' }],
  ])('decides about seeing %s', (_, viewer, target, outcome) => {
    expect(maySeeUser(viewer, target)).toEqual(outcome);
  });
});
