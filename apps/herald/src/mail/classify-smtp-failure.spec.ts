import { classifySmtpFailure } from './classify-smtp-failure.js';

describe('classifySmtpFailure', () => {
  it.each([
    [{ responseCode: 550, command: 'RCPT TO', code: 'EENVELOPE' }, true, 'smtp_550'],
    [{ responseCode: 554, command: 'DATA', code: 'EMESSAGE' }, true, 'smtp_554'],
    [{ responseCode: 553, command: 'MAIL FROM', code: 'EENVELOPE' }, true, 'smtp_553'],
    [{ responseCode: 450, command: 'RCPT TO', code: 'EENVELOPE' }, false, 'smtp_450'],
    [{ responseCode: 421, command: 'DATA', code: 'EMESSAGE' }, false, 'smtp_421'],
    [{ responseCode: 530, command: 'MAIL FROM', code: 'EENVELOPE' }, false, 'smtp_530'],
    [{ responseCode: 535, command: 'AUTH PLAIN', code: 'EAUTH' }, false, 'smtp_535'],
    [{ responseCode: 554, command: 'CONN', code: 'EPROTOCOL' }, false, 'smtp_554'],
    [{ responseCode: 454, command: 'STARTTLS', code: 'ETLS' }, false, 'smtp_454'],
    [{ code: 'ECONNREFUSED', command: 'CONN' }, false, 'econnrefused'],
    [{ code: 'ETIMEDOUT', command: 'CONN' }, false, 'etimedout'],
    [{ code: 'Bob <bob@example.com>' }, false, 'smtp_error'],
    [new Error('550 5.1.1 <bob@example.com> unknown'), false, 'smtp_error'],
    [undefined, false, 'smtp_error'],
  ])('of %j: permanent %s, reason %s', (error, permanent, reason) => {
    expect(classifySmtpFailure(error)).toEqual({ permanent, reason });
  });
});
