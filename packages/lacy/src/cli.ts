#!/usr/bin/env node
import { ended } from "./command/lacy-command.ts";

process.exitCode = await ended(process.argv.slice(2));
