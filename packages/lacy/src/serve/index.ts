export { endpointContinuation, type Asked, type EndpointContinuationOptions, type EndpointLog } from "../cascade/endpoint.ts";
export { cascadeServer, type CascadeServerOptions, type Listening } from "./cascade-server.ts";
export type { TextSource } from "./request.ts";
