import { trace, type Attributes, type Meter } from '@opentelemetry/api';
import { accessErrors } from '@countersign/token';

import { decisionChannel, type DecisionMessage } from '../audit/decision-channel.js';

/** Seconds: from what a known token takes to what a slow key server costs. */
const explicitBucketBoundaries = [
  0.000_01, 0.000_05, 0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5,
];

/** @internal */
export function observeDecisions(meter: Meter): () => void {
  const decisions = meter.createCounter('countersign.decisions', {
    description: 'Decisions of the guard.',
    unit: '{decision}',
  });
  const duration = meter.createHistogram('countersign.decision.duration', {
    description: 'Time from the first look at a call to the decision.',
    unit: 's',
    advice: { explicitBucketBoundaries },
  });
  const onDecision = (told: unknown): void => {
    const message = told as DecisionMessage;
    const { service, code, decision, milliseconds } = message;
    const outcome = outcomeOf(message);
    const common = { 'countersign.service': service, 'countersign.outcome': outcome };
    const withCode: Attributes = {
      ...common,
      ...(code !== undefined && { 'countersign.code': code }),
    };
    decisions.add(1, withCode);
    if (milliseconds !== undefined) duration.record(milliseconds / 1000, common);
    const refusal = decision === undefined ? {} : { 'countersign.decision': decision };
    trace.getActiveSpan()?.addEvent('countersign.decision', { ...withCode, ...refusal });
    trace.getActiveSpan()?.setAttributes({ ...withCode, ...refusal });
  };
  decisionChannel.subscribe(onDecision);
  return () => void decisionChannel.unsubscribe(onDecision);
}

function outcomeOf({ code, undeclared }: DecisionMessage): string {
  if (code === undefined) return undeclared === true ? 'undeclared' : 'granted';
  return accessErrors[code].status === 503 ? 'undecided' : 'refused';
}
