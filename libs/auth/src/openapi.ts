export {
  describeAccess,
  type DescribeAccessOptions,
  type DescribedServer,
} from './lib/openapi/describe-access.js';
export { securityOf, type SecurityAlternative, type Ways } from './lib/openapi/security-of.js';
