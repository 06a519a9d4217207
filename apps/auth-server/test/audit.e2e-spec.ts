import { openDatabase } from '@countersign/storage';

import { auditContract } from './contract/audit.contract.js';

describe('the audit log on PGlite', () =>
  auditContract((migrations) => openDatabase({ migrations })));
