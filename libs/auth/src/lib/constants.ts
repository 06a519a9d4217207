/** Metadata of classes and methods: what was declared, in order. @internal */
export const DECLARATIONS = 'countersign:declarations';

/** Injection token of the resolved options. @internal */
export const RESOLVED_OPTIONS = Symbol('countersign:options');

/** Injection token of the service's own name. @internal */
export const SERVICE_NAME = Symbol('countersign:service');

/**
 * Nest's metadata of message handlers, spelled out because the package that owns it is optional.
 * @internal
 */
export const MESSAGE_PATTERN = 'microservices:pattern';
