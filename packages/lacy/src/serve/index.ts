export { cascadeServer, type CascadeServerOptions, type Listening } from "./cascade-server.ts";
export type { TextSource } from "./request.ts";
