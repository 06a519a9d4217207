import { traceContextOf } from './trace-context.js';

const id = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

describe('traceContextOf', () => {
  it('passes a trace on as it came', () => {
    expect(traceContextOf({ traceparent: [id] })).toEqual({ traceparent: id });
    expect(traceContextOf({ traceparent: [id], tracestate: ['a=1', 'b=2'] })).toEqual({
      traceparent: id,
      tracestate: 'a=1,b=2',
    });
  });

  it.each([
    ['none', []],
    ['two', [id, id]],
    ['capitals', [id.toUpperCase()]],
    ['another version', [id.replace('00-', '01-')]],
    ['a trace of zeros', [id.replace('4bf92f3577b34da6a3ce929d0e0e4736', '0'.repeat(32))]],
    ['a parent of zeros', [id.replace('00f067aa0ba902b7', '0'.repeat(16))]],
    ['more behind it', [`${id}-x`]],
    ['a line break', [`${id}\r\nx: y`]],
  ])('leaves %s out, and the state with it', (_name, traceparent) => {
    expect(traceContextOf({ traceparent, tracestate: ['a=1'] })).toEqual({});
  });

  it.each([['a'.repeat(513)], ['a=\u00fc'], ['a=1\r\nx: y']])('leaves a bad state out', (state) => {
    expect(traceContextOf({ traceparent: [id], tracestate: [state] })).toEqual({ traceparent: id });
  });
});
