// Loaded into every service that the fleet starts (node --import). When the fleet is gone without
// having said goodbye (killed, crashed), its end of the IPC channel closes: the service then leaves
// too, in order, instead of holding its port and its database directory.
import process from 'node:process';

process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// The channel alone must not keep a service alive that has closed everything else.
process.channel?.unref();
