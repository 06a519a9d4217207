export { startFleet, type Fleet, type FleetOptions } from './lib/start-fleet.js';
export type { ServiceName } from './lib/service-environments.js';
export type { ServiceProcess } from './lib/process/service-process.js';
export type { LogBook, LogEntry } from './lib/process/log-book.js';
export { startMailSink, type MailSink, type MailSinkOptions } from './lib/mail/start-mail-sink.js';
export type { Mailbox, ReceivedMail } from './lib/mail/mailbox.js';
export type { SmtpMode } from './lib/mail/smtp-listener.js';
export { freePorts, portsFrom, PortTakenError, type FleetPorts } from './lib/ports.js';
export { DataInUseError } from './lib/data/data-lock.js';
export {
  cast,
  readerClient,
  userUri,
  webClient,
  type FleetUrls,
  type SeedClient,
  type SeedGrant,
  type Seeds,
  type SeedService,
  type SeedUser,
} from './lib/data/seeds.js';
export { startTemporaryFleet } from './lib/start-temporary-fleet.js';
export { requestToken, tokenFor, type TokenRequest } from './lib/request-token.js';
export { send, type Answer, type Sending } from './lib/send.js';
export { runDemo, type DemoOptions } from './lib/run-demo.js';
