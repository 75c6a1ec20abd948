/** The AINative gateway mock in JavaScript tests. README.md and docs/javascript.md show how. */

export { ControlClient, type Schemas as ControlSchemas } from "./control.js";
export { ClientError, GatewayError } from "./errors.js";
export { type Expected, Gateway, type GatewayOptions, startGateway } from "./gateway.js";
export type {
  Account,
  ChaosProfile,
  ErrorWords,
  Fault,
  ReplyBlock,
  Scenario,
  Turn,
  TurnChain,
  TurnWords,
  When,
} from "./scenario.js";
export { type Server, type ServerOptions, sharedServer, stopServers } from "./server.js";
export { type Body, withGateway } from "./with-gateway.js";
