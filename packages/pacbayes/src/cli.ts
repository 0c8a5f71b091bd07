#!/usr/bin/env node
import { pacbayes } from "./command/pacbayes.ts";

// A reader that has seen enough closes the pipe: no mistake.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});
await pacbayes(process.argv.slice(2));
