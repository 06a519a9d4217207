import { until } from '@countersign/testing';
import { Logger } from '@nestjs/common';

import type { AuditEvent } from './audit-event.js';
import type { AuditRow } from './audit-row.js';
import { Audit, type AuditQueueOptions, type AuditSink } from './audit.js';

const issued = (n: number): AuditEvent => ({ at: n, event: 'token.issued', jti: `${n}` });
const refused = (n: number): AuditEvent => ({
  at: n,
  event: 'token.refused',
  code: 'invalid_scope',
});

/** A database that keeps rows, and fails as long as it is told to. */
class Sink implements AuditSink {
  readonly batches: AuditRow[][] = [];
  tries = 0;
  fault: object | undefined;
  /** What a batch has to wait for. */
  gate: Promise<void> | undefined;
  atOnce = 0;
  mostAtOnce = 0;

  prepare({ at, event, detail, jti }: AuditEvent): AuditRow {
    return { id: `${at}`, event, detail, jti };
  }

  async add(rows: readonly AuditRow[]): Promise<void> {
    this.tries += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, (this.atOnce += 1));
    await this.gate;
    this.atOnce -= 1;
    if (this.fault) throw this.fault;
    if (rows.some(({ jti }) => jti === 'bad')) throw Object.assign(new Error(), { code: '22P05' });
    this.batches.push([...rows]);
  }

  get rows() {
    return this.batches.flat();
  }
}

describe('Audit', () => {
  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(['error']));

  let sink: Sink;
  beforeEach(() => {
    sink = new Sink();
  });
  const create = (options: AuditQueueOptions = {}) => new Audit(sink, { interval: 5, ...options });

  it('writes what was recorded by itself, together', async () => {
    const audit = create();
    for (let n = 0; n < 20; n += 1) audit.record(issued(n));
    expect(sink.tries).toBe(0);
    await until(() => audit.waiting === 0);
    expect(sink.batches.map(({ length }) => length)).toEqual([20]);
  });

  it('does not wait for the interval when a batch is full', async () => {
    const audit = create({ interval: 3_600_000, batchSize: 10 });
    for (let n = 0; n < 10; n += 1) audit.record(issued(n));
    await until(() => sink.rows.length === 10);
  });

  it('writes one batch at a time, in order, none larger than allowed', async () => {
    const audit = create({ batchSize: 10 });
    for (let n = 0; n < 95; n += 1) {
      audit.record(issued(n));
      if (n % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await until(() => audit.waiting === 0);
    expect(sink.mostAtOnce).toBe(1);
    expect(Math.max(...sink.batches.map(({ length }) => length))).toBeLessThanOrEqual(10);
    expect(sink.rows.map(({ jti }) => Number(jti))).toEqual(
      Array.from({ length: 95 }, (_, n) => n),
    );
  });

  it('writes what came while it wrote', async () => {
    let open!: () => void;
    sink.gate = new Promise((resolve) => (open = resolve));
    const audit = create();
    audit.record(issued(1));
    await until(() => sink.tries === 1);
    audit.record(issued(2));
    open();
    await until(() => sink.rows.length === 2);
  });

  describe('while the database is away', () => {
    beforeEach(() => {
      sink.fault = new Error('no database');
    });

    it('keeps everything and writes it once, in order, when it is back', async () => {
      const audit = create();
      for (let n = 0; n < 30; n += 1) audit.record(issued(n));
      await until(() => sink.tries >= 2);
      for (let n = 30; n < 40; n += 1) audit.record(issued(n));
      sink.fault = undefined;
      await until(() => audit.waiting === 0);
      expect(sink.rows.map(({ jti }) => Number(jti))).toEqual(
        Array.from({ length: 40 }, (_, n) => n),
      );
    }, 15_000);

    it('says that nothing may be issued before there is no room left', async () => {
      const audit = create({ capacity: 100 });
      for (let n = 0; n < 89; n += 1) audit.record(issued(n));
      expect(audit.isOverloaded).toBe(false);
      audit.record(issued(89));
      expect(audit.isOverloaded).toBe(true);
      sink.fault = undefined;
      await audit.drain();
      expect(audit.isOverloaded).toBe(false);
    });

    it('keeps what was on its way when nothing more may be issued', async () => {
      const audit = create({ capacity: 100 });
      for (let n = 0; n < 100; n += 1) audit.record(issued(n));
      sink.fault = undefined;
      await audit.drain();
      expect(sink.rows).toHaveLength(100);
    });

    it('counts what finds no room, and records the count later', async () => {
      const audit = create({ capacity: 10 });
      for (let n = 0; n < 25; n += 1) audit.record(issued(n));
      expect(audit.waiting).toBe(10);
      sink.fault = undefined;
      await audit.drain();
      expect(sink.rows).toHaveLength(11);
      expect(sink.rows.at(-1)).toMatchObject({
        event: 'audit.missed',
        detail: { from: 10, to: 24, counts: { 'token.issued': 15 } },
      });
    });

    it('lets refusals fill half of the room only', async () => {
      const audit = create({ capacity: 100 });
      for (let n = 0; n < 1_000; n += 1) audit.record(refused(n));
      expect(audit.waiting).toBe(50);
      expect(audit.isOverloaded).toBe(false);
      audit.record(issued(1));
      expect(audit.waiting).toBe(51);
      sink.fault = undefined;
      await audit.drain();
      expect(sink.rows.at(-1)).toMatchObject({ detail: { counts: { 'token.refused': 950 } } });
      for (let n = 0; n < 50; n += 1) audit.record(refused(n));
      expect(audit.waiting).toBe(50);
    });

    it('gives up when it shuts down, in bounded time', async () => {
      const audit = create({ drainTime: 20 });
      audit.record(issued(1));
      await audit.drain();
      expect(audit.waiting).toBe(1);
    });
  });

  it('drains everything, whatever else is under way', async () => {
    const audit = create({ batchSize: 10 });
    for (let n = 0; n < 55; n += 1) audit.record(issued(n));
    await audit.drain();
    expect(sink.rows).toHaveLength(55);
    expect(audit.waiting).toBe(0);
  });

  it('leaves out a row that the database refuses, and says so', async () => {
    const audit = create();
    for (const jti of ['1', 'bad', '2']) audit.record({ at: 1, event: 'token.issued', jti });
    await audit.drain();
    expect(sink.rows).toMatchObject([
      { jti: '1' },
      { jti: '2' },
      { event: 'audit.missed', detail: { counts: { 'token.issued': 1 } } },
    ]);
  });
});
