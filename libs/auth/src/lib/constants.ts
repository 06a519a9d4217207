/** Metadata of classes and methods: what was declared, in order. @internal */
export const DECLARATIONS = 'countersign:declarations';

/** Injection token of the resolved options. @internal */
export const RESOLVED_OPTIONS = Symbol('countersign:options');

/** Injection token of the options as they were given; tests put others there. @internal */
export const OPTIONS = 'COUNTERSIGN_MODULE_OPTIONS';

/** Injection token of the options of clients, by name. @internal */
export const CLIENTS = Symbol('countersign:clients');

/** Injection token of the service's own name. @internal */
export const SERVICE_NAME = Symbol('countersign:service');

/**
 * Nest's metadata of message handlers, spelled out because the package that owns it is optional.
 * @internal
 */
export const MESSAGE_PATTERN = 'microservices:pattern';

/** Nest's metadata of gateways and their handlers, spelled out for the same reason. @internal */
export const GATEWAY = 'websockets:is_gateway';
export const GATEWAY_OPTIONS = 'websockets:gateway_options';
export const GATEWAY_PORT = 'port';
export const IS_MESSAGE_HANDLER = 'websockets:message_mapping';
export const MESSAGE_NAME = 'message';

/** Nest's metadata of message handlers that wait for no answer. @internal */
export const HANDLER_TYPE = 'microservices:handler_type';
