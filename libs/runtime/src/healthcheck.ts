// The health check of a container: exits 0 when the app beside it is ready, 1 when it is not. Reads the
// environment that the app reads, and needs nothing but Node.
import { askReadiness } from './lib/health/ask-readiness.js';

process.exitCode = (await askReadiness(process.env)) ? 0 : 1;
