#!/usr/bin/env node
import { nonident } from "./command/nonident.ts";

await nonident(process.argv.slice(2));
